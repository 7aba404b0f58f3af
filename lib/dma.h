/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that a device reads and writes: contiguous, mapped here, perhaps shared with a client. */
#ifndef ANSER_LIB_DMA_H
#define ANSER_LIB_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>

struct dma {
    anser_handle pages;
    uint8_t *memory;   /* here */
    uint64_t physical; /* for the device */
    size_t size;       /* bytes, whole pages */
};

/*
 * Makes `length` bytes (rounded up to pages), zeroed, for the device behind the handle `device`
 * (NAME.mmio), and maps them. `shared`: dma_share may be used. Returns 0 or -errno, -ENOMEM above
 * all: the budget, or no such piece is free. Ends with dma_destroy, or with the process; then the
 * kernel keeps the memory until whoever has the device has reset it (pages_release).
 */
int dma_create(struct dma *dma, anser_handle device, size_t length, bool shared);

/* A handle to the same memory for a client, without its physical address: READ, WRITE, DUP,
 * TRANSFER. Returns it, the caller's, or -errno. */
anser_handle dma_share(const struct dma *dma);

/* Unmaps it and gives it up; other handles to it stay good. The device must not use it any more. */
void dma_destroy(struct dma *dma);

/* The physical address of a place in it. */
static inline uint64_t dma_physical(const struct dma *dma, const void *place)
{
    return dma->physical + (uint64_t)((const uint8_t *)place - dma->memory);
}

#endif
