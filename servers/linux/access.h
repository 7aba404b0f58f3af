/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions whose faults are mended (access.S); for user.c, heap.c and signals only. */
#ifndef ANSER_SERVERS_LINUX_ACCESS_H
#define ANSER_SERVERS_LINUX_ACCESS_H

#include <stddef.h>
#include <stdint.h>

/* Both return the bytes that were not done. */
size_t access_copy(void *to, const void *from, size_t length);
size_t access_clear(void *to, size_t length);

/* The 32-bit word, or -1. */
int64_t access_load(const uint32_t *word);

/* Reads a byte, or writes its (aligned) word as it is: 0, or -1 where that faults. */
int access_touch(const void *address, int write);

/* Where a fault between begin and end goes on; the last one is zero. */
struct access_fixup {
    uint64_t begin, end, fixup;
};
extern const struct access_fixup access_fixups[];
void access_failed(void);

#endif
