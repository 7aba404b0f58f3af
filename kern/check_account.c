/* SPDX-License-Identifier: BSD-2-Clause */
/* Budgets: what an account has in use is the sum of what it pays for. */
#include "ipc/waiter.h"
#include "kern/check.h"
#include "kern/device.h"
#include "kern/pages.h"
#include "kern/process.h"
#include "kern/region.h"
#include "kern/slab.h"

#define ACCOUNTS_MAX 512u
#define INDEX_PAGES  1024u /* of kern/pages.c */

static struct bill {
    const struct account *account;
    uint64_t charges; /* bytes */
    uint64_t given;   /* limits of children */
} bills[ACCOUNTS_MAX];
static uint32_t bill_count;

/* An account's bill; its parents get theirs, and what it takes from them is charged there. */
static struct bill *bill_of(const struct account *account)
{
    for (uint32_t i = 0; i < bill_count; i++)
        if (bills[i].account == account)
            return &bills[i];
    if (bill_count == ACCOUNTS_MAX)
        return NULL;
    struct bill *bill = &bills[bill_count++];
    *bill = (struct bill){.account = account};
    struct bill *parent = account->parent ? bill_of(account->parent) : NULL;
    if (parent) {
        parent->charges += slab_cost(sizeof(*account));
        parent->given += account->limit;
    }
    return bill;
}

static void charge(const struct account *account, uint64_t bytes)
{
    struct bill *bill = bill_of(account);
    if (bill)
        bill->charges += bytes;
}

/* ---- Who pays what. */

static void charge_pages(const struct pages *pages)
{
    const struct account *payer = pages->object.payer;
    uint32_t frames = (pages->count + INDEX_PAGES - 1) / INDEX_PAGES;
    if (pages->boot)
        return;
    charge(payer, (uint64_t)pages->count << PAGE_SHIFT);
    if (!pages->index)
        return;
    charge(payer, slab_cost(frames * sizeof(*pages->index)));
    for (uint32_t i = 0; i < frames; i++)
        if (pages->index[i])
            charge(payer, PAGE_SIZE);
}

static void charge_device(const struct device *device)
{
    const struct dma_run *run;
    list_each (run, &device->runs, link) {
        charge(run->payer, slab_cost(sizeof(*run)));
        if (run->holder == NULL)
            charge(run->payer, run->count << PAGE_SHIFT);
    }
}

static void charge_process(struct process *process)
{
    const struct handle_table *table = &process->handles;
    if (process->torn_down)
        return;
    bill_of(process->account);
    if (table->slots)
        charge(process->account, PAGE_SIZE << table->order);
    if (process->space.root.value == 0)
        return;
    charge(process->account, check_space(&process->space) << PAGE_SHIFT);
    charge(process->account, process->space.page_count << PAGE_SHIFT);
    charge(process->account, process->space.region_count * slab_cost(sizeof(struct region)));
}

static void charge_thread(const struct thread *thread)
{
    const struct selection *selection = thread->selection;
    if (selection)
        charge(thread->process->account,
               slab_cost(sizeof(*selection) + selection->capacity * sizeof(struct select_case)));
}

static void charge_object(struct object *object)
{
    charge(object->payer, slab_cost(object->size));
    if (object->type == ANSER_TYPE_PROCESS)
        charge_process((struct process *)object);
    if (object->type == ANSER_TYPE_THREAD)
        charge_thread((const struct thread *)object);
    if (object->type == ANSER_TYPE_PAGES)
        charge_pages(pages_of(object));
    if (object->type == ANSER_TYPE_DEVICE)
        charge_device(device_of(object));
    if (object->type == ANSER_TYPE_CHANNEL && ((const struct channel *)object)->buffer)
        charge(object->payer, PAGE_SIZE << ((const struct channel *)object)->buffer_order);
}

/* Which account it is, for the report: that of a process, or of nobody any more. */
static const struct object *owner_of(const struct account *account)
{
    const struct process *process;
    list_each (process, &process_list, siblings)
        if (!process->torn_down && process->account == account)
            return &process->object;
    return NULL;
}

void check_accounts(void)
{
    uint32_t cursor = 0;
    const struct tally *tally;
    bill_count = 0;
    while ((tally = tally_next(&cursor)))
        charge_object(tally->object);
    if (!tally_complete() || bill_count == ACCOUNTS_MAX)
        return;
    for (uint32_t i = 0; i < bill_count; i++) {
        const struct account *account = bills[i].account;
        const struct object *owner = owner_of(account);
        if (!account->parent) /* the root: what boot took, and gave to init */
            continue;
        CHECK_EQUAL(account->given, bills[i].given, owner,
                    "an account has given what its children may use");
        CHECK_EQUAL(account->used, bills[i].charges + bills[i].given, owner,
                    "an account has in use what it pays for");
    }
}
