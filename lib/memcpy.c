/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memcpy and memset by words. picolibc's are made for size: a byte at a time. Words are read and
 * written where they lie: that is one instruction in QEMU as on most processors, and every profile
 * asks for it (RVA20U64: Zicclsm). The compiler must not see a loop here and call memcpy for it.
 */
#include <stdint.h>
#include <string.h>

#define WORD  sizeof(uint64_t)
#define BLOCK 8 /* words that are copied in one turn */

#ifdef __clang__
#define NO_CALLS __attribute__((no_builtin("memcpy", "memset")))
#else
#define NO_CALLS __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

/* May alias anything and lie anywhere, as memory does. */
typedef uint64_t __attribute__((may_alias, aligned(1))) word_t;

NO_CALLS void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    char *t = to;
    const char *f = from;
    size_t left = size;
    for (; left >= BLOCK * WORD; left -= BLOCK * WORD, t += BLOCK * WORD, f += BLOCK * WORD) {
#pragma GCC unroll 8
        for (unsigned i = 0; i < BLOCK; i++)
            ((word_t *)t)[i] = ((const word_t *)f)[i];
    }
    for (; left >= WORD; left -= WORD, t += WORD, f += WORD)
        *(word_t *)t = *(const word_t *)f;
    if (left > 0 && size >= WORD) {
        /* The last word that ends with the last byte; some of it is there already. */
        *(word_t *)(t + left - WORD) = *(const word_t *)(f + left - WORD);
        return to;
    }
    while (left-- > 0)
        *t++ = *f++;
    return to;
}

NO_CALLS void *memset(void *to, int byte, size_t size)
{
    char *t = to;
    uint64_t word = (uint8_t)byte * 0x0101010101010101ul;
    for (; size > 0 && (uintptr_t)t & (WORD - 1); size--)
        *t++ = (char)byte;
    for (; size >= 4 * WORD; size -= 4 * WORD, t += 4 * WORD) {
#pragma GCC unroll 4
        for (unsigned i = 0; i < 4; i++)
            ((word_t *)t)[i] = word;
    }
    for (; size >= WORD; size -= WORD, t += WORD)
        *(word_t *)t = word;
    while (size-- > 0)
        *t++ = (char)byte;
    return to;
}
