/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memcpy and memset by words. picolibc's are made for size: a byte at a time.
 * The compiler must not see a loop here and call memcpy for it.
 */
#include <stdint.h>
#include <string.h>

#define WORD     sizeof(uint64_t)
#define NO_CALLS __attribute__((optimize("no-tree-loop-distribute-patterns")))

/* May alias anything, as memory does. */
typedef uint64_t __attribute__((may_alias)) word_t;

NO_CALLS void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    char *t = to;
    const char *f = from;
    if ((((uintptr_t)t ^ (uintptr_t)f) & (WORD - 1)) == 0) {
        for (; size > 0 && (uintptr_t)t & (WORD - 1); size--)
            *t++ = *f++;
        for (; size >= 4 * WORD; size -= 4 * WORD, t += 4 * WORD, f += 4 * WORD) {
            uint64_t a = ((const word_t *)f)[0], b = ((const word_t *)f)[1];
            uint64_t c = ((const word_t *)f)[2], d = ((const word_t *)f)[3];
            ((word_t *)t)[0] = a;
            ((word_t *)t)[1] = b;
            ((word_t *)t)[2] = c;
            ((word_t *)t)[3] = d;
        }
        for (; size >= WORD; size -= WORD, t += WORD, f += WORD)
            *(word_t *)t = *(const word_t *)f;
    }
    while (size-- > 0)
        *t++ = *f++;
    return to;
}

NO_CALLS void *memset(void *to, int byte, size_t size)
{
    char *t = to;
    uint64_t word = (uint8_t)byte * 0x0101010101010101ul;
    for (; size > 0 && (uintptr_t)t & (WORD - 1); size--)
        *t++ = (char)byte;
    for (; size >= WORD; size -= WORD, t += WORD)
        *(word_t *)t = word;
    while (size-- > 0)
        *t++ = (char)byte;
    return to;
}
