/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of the own process: anonymous regions and pages objects. Lengths are rounded up to pages.
 */
#ifndef ANSER_LIB_MEMORY_H
#define ANSER_LIB_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>

#define MEMORY_PAGE ANSER_PAGE_SIZE

static inline size_t memory_round_up(size_t length)
{
    return (length + MEMORY_PAGE - 1) & ~(size_t)(MEMORY_PAGE - 1);
}

/* Fresh zeroed memory, readable and writable, paid for page by page as it is touched. NULL if there
 * is no room; the kernel's reason is in errno. */
void *memory_map(size_t length);

/*
 * Maps `length` bytes of a pages object or a device from `offset` (a multiple of the page size) on,
 * with ANSER_PROT_*. NULL and errno on error. The handle stays the caller's.
 */
void *memory_map_object(anser_handle object, uint64_t offset, size_t length, unsigned prot);

/* Gives a mapping, or whole pages of one, back. Returns 0 or -errno. */
int memory_unmap(void *address, size_t length);

/* Changes the rights of whole pages. Returns 0 or -errno. */
int memory_protect(void *address, size_t length, unsigned prot);

/* A pages object of `length` bytes, zeroed. Returns the handle, the caller's, or -errno. */
anser_handle memory_create_pages(size_t length);

#endif
