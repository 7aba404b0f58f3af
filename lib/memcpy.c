/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memcpy and memset by words, however the two sides lie. picolibc's are made for size: a byte at a
 * time. Misaligned loads are not used: machines that have none take hundreds of instructions for
 * one. The compiler must not see a loop here and call memcpy for it.
 */
#include <stdint.h>
#include <string.h>

#define WORD     sizeof(uint64_t)
#define NO_CALLS __attribute__((optimize("no-tree-loop-distribute-patterns")))

/* May alias anything, as memory does. */
typedef uint64_t __attribute__((may_alias)) word_t;

/*
 * `to` is aligned, `from` is not: aligned words are read, and each written one is made of two of
 * them. Only words are read that hold bytes of the source, so none beyond its last page. Returns
 * the bytes that were copied, a multiple of a word.
 */
NO_CALLS static size_t copy_shifted(char *to, const char *from, size_t size)
{
    size_t whole = size & ~(WORD - 1);
    unsigned right = ((uintptr_t)from & (WORD - 1)) * 8, left = 64 - right;
    const word_t *in = (const word_t *)((uintptr_t)from & ~(WORD - 1));
    word_t *out = (word_t *)to;
    uint64_t low = *in++;
    size_t words = whole / WORD;
    for (; words >= 4; words -= 4, in += 4, out += 4) {
        uint64_t a = in[0], b = in[1], c = in[2], d = in[3];
        out[0] = low >> right | a << left;
        out[1] = a >> right | b << left;
        out[2] = b >> right | c << left;
        out[3] = c >> right | d << left;
        low = d;
    }
    for (; words > 0; words--) {
        uint64_t high = *in++;
        *out++ = low >> right | high << left;
        low = high;
    }
    return whole;
}

/* Both sides are aligned. Returns as copy_shifted. */
NO_CALLS static size_t copy_words(char *to, const char *from, size_t size)
{
    size_t left = size;
    for (; left >= 8 * WORD; left -= 8 * WORD, to += 8 * WORD, from += 8 * WORD) {
#pragma GCC unroll 8
        for (unsigned i = 0; i < 8; i++)
            ((word_t *)to)[i] = ((const word_t *)from)[i];
    }
    for (; left >= WORD; left -= WORD, to += WORD, from += WORD)
        *(word_t *)to = *(const word_t *)from;
    return size - left;
}

NO_CALLS void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    char *t = to;
    const char *f = from;
    if (size >= 2 * WORD) {
        for (; (uintptr_t)t & (WORD - 1); size--)
            *t++ = *f++;
        size_t copied =
            (uintptr_t)f & (WORD - 1) ? copy_shifted(t, f, size) : copy_words(t, f, size);
        t += copied;
        f += copied;
        size -= copied;
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
