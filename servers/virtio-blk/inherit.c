/* SPDX-License-Identifier: BSD-2-Clause */
/* What a successor takes over: the clients, by what the predecessor left with init. */
#include "clients.h"

#include <errno.h>
#include "channel.h"
#include "memory.h"
#include "record.h"
#include "syscall.h"

/* The region of a record: the handle, and what it was told of size. */
static int map_region(anser_handle pages, struct dma *region)
{
    struct sys_result info = sys_pages_info(pages);
    if (info.status <= 0 || info.value == 0)
        return -EINVAL;
    *region = (struct dma){
        .pages = pages, .physical = info.value, .size = (size_t)info.status * MEMORY_PAGE};
    region->memory = memory_map_object(pages, 0, region->size, ANSER_PROT_READ | ANSER_PROT_WRITE);
    return region->memory == NULL ? -ENOMEM : 0;
}

/* The region of a client that is still there; false: it has to get another one. */
static bool take_over(const struct keep_answer *record)
{
    struct keep_answer more;
    struct dma region = {0};
    anser_handle pages = 0;
    uint64_t key = record->key | CLIENT_KEY_REGION;
    bool has_gone = record->words[2];
    if (record_next(key, &more, &pages) != 1 || more.key != key || has_gone ||
        map_region(pages, &region) < 0 ||
        client_add_stale(record->key, &region, (uint32_t)record->words[0],
                         (uint32_t)record->words[1]) == NULL) {
        if (region.memory != NULL)
            memory_unmap(region.memory, region.size);
        handle_close(pages);
        return false;
    }
    return true;
}

void clients_inherit(void)
{
    struct keep_answer record;
    anser_handle notify = 0;
    uint64_t key = 0;
    for (; record_next(key, &record, &notify) == 1 && record.key < CLIENT_KEY_REGION;
         key = record.key + 1) {
        if (!take_over(&record)) {
            record_drop(record.key | CLIENT_KEY_REGION);
            record_drop(record.key);
        }
        sys_signal(notify, 1);
        handle_close(notify);
        notify = 0;
    }
    handle_close(notify);
}
