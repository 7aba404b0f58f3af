/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that a device reads and writes. */
#include <errno.h>
#include "channel.h"
#include "dma.h"
#include "memory.h"
#include "syscall.h"

static int map(struct dma *dma)
{
    struct sys_result info = sys_pages_info(dma->pages);
    if (info.status < 0)
        return (int)info.status;
    dma->physical = info.value;
    dma->memory = memory_map_object(dma->pages, 0, dma->size, ANSER_PROT_READ | ANSER_PROT_WRITE);
    return dma->memory ? 0 : -errno;
}

int dma_create(struct dma *dma, anser_handle device, size_t length, bool shared)
{
    uint64_t flags = ANSER_PAGES_DMA | (shared ? ANSER_PAGES_SHARED : 0);
    *dma = (struct dma){.size = memory_round_up(length)};
    dma->pages = sys_pages_create(dma->size / MEMORY_PAGE, flags, device);
    if (dma->pages < 0)
        return (int)dma->pages;
    int error = map(dma);
    if (error < 0) {
        handle_close(dma->pages);
        *dma = (struct dma){0};
    }
    return error;
}

anser_handle dma_share(const struct dma *dma)
{
    return sys_handle_dup(dma->pages, ANSER_RIGHT_READ | ANSER_RIGHT_WRITE | ANSER_RIGHT_DUP |
                                          ANSER_RIGHT_TRANSFER);
}

void dma_destroy(struct dma *dma)
{
    if (dma->memory)
        memory_unmap(dma->memory, dma->size);
    if (dma->pages > 0) {
        sys_pages_release(dma->pages); /* or it would be in quarantine */
        handle_close(dma->pages);
    }
    *dma = (struct dma){0};
}
