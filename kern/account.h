/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Budgets. Every page and kernel object is charged, in bytes, to the account of the process whose
 * budget paid for it. A child's limit is taken out of its parent's account. An account outlives its
 * process as long as something it paid for is alive, and then holds no more than that.
 */
#ifndef KERN_ACCOUNT_H
#define KERN_ACCOUNT_H

#include "kern/types.h"

struct account {
    struct account *parent;
    uint64_t limit; /* bytes */
    uint64_t used;
    uint64_t children; /* accounts whose limit comes out of this one */
    bool closed;
};

/* A child account with `limit` bytes out of the parent's; NULL if the parent has not got them. */
struct account *account_create(struct account *parent, uint64_t limit);
/* The process is gone: gives back to the parent all that is not in use; frees itself when empty. */
void account_close(struct account *account);
/* Takes bytes from the budget; false, and nothing taken, if it would pass the limit. */
bool account_charge(struct account *account, uint64_t bytes);
/* Gives bytes back; frees a closed account with its last byte. */
void account_discharge(struct account *account, uint64_t bytes);
/* Charges without looking at the limit: only for region nodes that an unmap needs. */
void account_overdraw(struct account *account, uint64_t bytes);

extern struct account root_account; /* all that is free after boot; init's parent */

#endif
