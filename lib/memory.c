/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of the own process. */
#include <errno.h>
#include "memory.h"
#include "syscall.h"

static void *map(size_t length, unsigned prot, anser_handle object, uint64_t offset)
{
    struct sys_result result = sys_region_map(0, 0, memory_round_up(length), prot, object, offset);
    if (result.status < 0) {
        errno = (int)-result.status;
        return NULL;
    }
    return (void *)result.value;
}

void *memory_map(size_t length)
{
    return map(length, ANSER_PROT_READ | ANSER_PROT_WRITE, 0, 0);
}

void *memory_map_object(anser_handle object, uint64_t offset, size_t length, unsigned prot)
{
    return map(length, prot, object, offset);
}

int memory_unmap(void *address, size_t length)
{
    return (int)sys_region_unmap(0, (uint64_t)address, memory_round_up(length));
}

int memory_protect(void *address, size_t length, unsigned prot)
{
    return (int)sys_region_protect(0, (uint64_t)address, memory_round_up(length), prot);
}

anser_handle memory_create_pages(size_t length)
{
    return sys_pages_create(memory_round_up(length) / MEMORY_PAGE, 0, 0);
}
