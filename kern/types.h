/* SPDX-License-Identifier: BSD-2-Clause */
/* Types that must not be mixed up, and the few words that every room of the kernel uses. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096ul
#define PAGE_MASK  (PAGE_SIZE - 1)

/* A physical address. All of RAM is mapped at DIRECT_MAP; direct_map() gives the pointer. */
typedef struct {
    uint64_t value;
} phys_t;

static inline uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* To a multiple of the page size. */
static inline uint64_t page_down(uint64_t bytes)
{
    return bytes & ~PAGE_MASK;
}

static inline uint64_t page_up(uint64_t bytes)
{
    return page_down(bytes + PAGE_MASK);
}

/* A user address: an allegation. Only kern/usercopy.c and kern/space.c may follow one. */
typedef struct {
    uint64_t value;
} user_t;

#define DIRECT_MAP 0xffffffc000000000ul

static inline phys_t phys(uint64_t value)
{
    return (phys_t){value};
}

static inline user_t user(uint64_t value)
{
    return (user_t){value};
}

/*
 * A system call's result: >= 0 or -errno. CALL_RESTART is internal: the call has done a bounded
 * piece of its work and is to be made again, with the same arguments, after a look at interrupts.
 */
typedef int64_t status_t;
#define CALL_RESTART (-4096)

/* What the kernel is about; each is defined in the header of its name. */
struct thread;
struct process;
struct hart;
struct space;
struct channel;
struct signal;

#define container_of(pointer, type, member)                                                        \
    ((type *)((char *)(pointer) - __builtin_offsetof(type, member)))
#define array_length(array) (sizeof(array) / sizeof((array)[0]))

/* Freestanding C needs these; kern/string.c has them. */
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
size_t strlen(const char *text);
