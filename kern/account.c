/* SPDX-License-Identifier: BSD-2-Clause */
/* Budgets: accounts, and how they end. */
#include "kern/account.h"
#include "kern/frame.h"
#include "kern/panic.h"
#include "kern/slab.h"

#define RESERVE_SHIFT 6

struct account root_account = {.limit = UINT64_MAX};

void account_open_root(void)
{
    uint64_t pages = frame_counts.free - (frame_counts.free >> RESERVE_SHIFT);
    root_account.limit = root_account.used + (pages << PAGE_SHIFT);
}

struct account *account_create(struct account *parent, uint64_t limit)
{
    if (limit > UINT64_MAX / 2 || !account_charge(parent, limit))
        return NULL;
    struct account *account = slab_alloc(parent, sizeof(*account));
    if (account == NULL) {
        account_discharge(parent, limit);
        return NULL;
    }
    parent->given += limit;
    account->parent = parent;
    account->limit = limit;
    return account;
}

/*
 * A closed account keeps what is in use; its parent gets the rest, and may be empty then itself: a
 * loop, not a recursion.
 */
static void settle(struct account *account)
{
    while (account->closed) {
        struct account *parent = account->parent;
        uint64_t back = account->limit > account->used ? account->limit - account->used : 0;
        account->limit -= back;
        parent->given -= back;
        if (account->used == 0)
            back += slab_give(account, sizeof(*account));
        kassert(parent->used >= back);
        parent->used -= back;
        account = parent;
    }
}

void account_close(struct account *account)
{
    kassert(!account->closed && account->parent != NULL);
    account->closed = true;
    settle(account);
}

void account_discharge(struct account *account, uint64_t bytes)
{
    kassert(account->used >= bytes);
    account->used -= bytes;
    settle(account);
}
