/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory in words where both sides are aligned, in bytes where not. Compilers may call memcpy and
 * memset on their own; memmove and memcmp, which they may call, too, nobody needs here.
 */
#include "kern/types.h"

typedef uint64_t __attribute__((may_alias)) word_t;

#define WORD  sizeof(word_t)
#define BLOCK 16u /* words that are copied without a look at what is left */

void *memcpy(void *to, const void *from, size_t size)
{
    char *out = to;
    const char *in = from;
    if (((uintptr_t)to ^ (uintptr_t)from) % WORD == 0) {
        for (; size > 0 && (uintptr_t)out % WORD != 0; size--)
            *out++ = *in++;
        for (; size >= BLOCK * WORD; size -= BLOCK * WORD) {
#pragma GCC unroll 16
            for (unsigned i = 0; i < BLOCK; i++, out += WORD, in += WORD)
                *(word_t *)out = *(const word_t *)in;
        }
#pragma GCC unroll 8
        for (; size >= WORD; size -= WORD, out += WORD, in += WORD)
            *(word_t *)out = *(const word_t *)in;
    }
    while (size-- > 0)
        *out++ = *in++;
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    char *out = to;
    word_t fill = (uint8_t)byte * 0x0101010101010101ul;
    for (; size > 0 && (uintptr_t)out % WORD != 0; size--)
        *out++ = (char)byte;
#pragma GCC unroll 8
    for (; size >= WORD; size -= WORD, out += WORD)
        *(word_t *)out = fill;
    while (size-- > 0)
        *out++ = (char)byte;
    return to;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}
