/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What C compilers may call on their own: memory in words where both sides are aligned, in bytes
 * where not.
 */
#include "kern/types.h"

typedef uint64_t __attribute__((may_alias)) word_t;

#define WORD  sizeof(word_t)
#define BLOCK (8 * WORD) /* bytes that a round of the inner loops moves */

static inline bool aligned(const void *a)
{
    return (uintptr_t)a % WORD == 0;
}

void *memcpy(void *to, const void *from, size_t size)
{
    char *out = to;
    const char *in = from;
    if (((uintptr_t)to ^ (uintptr_t)from) % WORD == 0) {
        for (; size > 0 && !aligned(out); size--)
            *out++ = *in++;
        for (; size >= BLOCK; size -= BLOCK, out += BLOCK, in += BLOCK) {
            word_t *o = (word_t *)out;
            const word_t *i = (const word_t *)in;
            word_t a = i[0], b = i[1], c = i[2], d = i[3];
            o[0] = a, o[1] = b, o[2] = c, o[3] = d;
            a = i[4], b = i[5], c = i[6], d = i[7];
            o[4] = a, o[5] = b, o[6] = c, o[7] = d;
        }
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
    for (; size > 0 && !aligned(out); size--)
        *out++ = (char)byte;
    for (; size >= BLOCK; size -= BLOCK, out += BLOCK) {
        word_t *o = (word_t *)out;
        o[0] = fill, o[1] = fill, o[2] = fill, o[3] = fill;
        o[4] = fill, o[5] = fill, o[6] = fill, o[7] = fill;
    }
    for (; size >= WORD; size -= WORD, out += WORD)
        *(word_t *)out = fill;
    while (size-- > 0)
        *out++ = (char)byte;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    char *out = to;
    const char *in = from;
    if (out <= in || out >= in + size)
        return memcpy(to, from, size);
    while (size-- > 0)
        out[size] = in[size];
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a, *y = b;
    for (; size > 0; size--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}
