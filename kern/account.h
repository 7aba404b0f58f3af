/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Budgets. Every page and kernel object is charged, in bytes, to the account of the process whose
 * budget paid for it. A child's limit is taken out of its parent's account. An account outlives its
 * process as long as something it paid for is alive, and then holds no more than that.
 */
#pragma once

#include "kern/types.h"

struct account {
    struct account *parent;
    uint64_t limit; /* bytes */
    uint64_t used;  /* may pass the limit by overdrawing */
    uint64_t given; /* of that, to children: theirs, not its own */
    bool closed;
};

/* A child account with `limit` bytes out of the parent's; NULL if the parent has not got them. */
struct account *account_create(struct account *parent, uint64_t limit);
/* The process is gone: gives back to the parent all that is not in use; frees itself when empty. */
void account_close(struct account *account);
/* Gives bytes back; frees a closed account with its last byte. */
void account_discharge(struct account *account, uint64_t bytes);

/* Takes bytes from the budget; false, and nothing taken, if it would pass the limit. */
static inline bool account_charge(struct account *account, uint64_t bytes)
{
    if (account->used > account->limit || bytes > account->limit - account->used)
        return false;
    account->used += bytes;
    return true;
}

/* Charges without looking at the limit: only for region nodes that an unmap needs. */
static inline void account_overdraw(struct account *account, uint64_t bytes)
{
    account->used += bytes;
}

/*
 * All that is free after boot; init's parent. Its limit is set by account_open_root, once boot has
 * given back what it can: the free frames less a reserve of 1/64, which pays for what no account
 * is charged for (slab headers and half-empty slabs) and for overdrafts.
 */
extern struct account root_account;
void account_open_root(void);
