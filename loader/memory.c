/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C library that is left when there is none: what the compiler and libfdt call. The image is
 * copied with these, so the aligned case goes by words.
 */
#include <stdint.h>
#include <string.h>

#define WORD sizeof(uint64_t)

/* libfdt is built with stack protection, as Debian builds everything. */
uintptr_t __stack_chk_guard = 0x595e9fbd94fda766ul;
_Noreturn void __stack_chk_fail(void);

_Noreturn void __stack_chk_fail(void)
{
    __builtin_trap();
}

static int is_word_aligned(const void *a, const void *b)
{
    return (((uintptr_t)a | (uintptr_t)b) & (WORD - 1)) == 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    if (is_word_aligned(to, from)) {
        for (; size >= 4 * WORD; size -= 4 * WORD, target += 4 * WORD, source += 4 * WORD) {
            const uint64_t *words = (const uint64_t *)source;
            uint64_t a = words[0], b = words[1], c = words[2], d = words[3];
            uint64_t *out = (uint64_t *)target;
            out[0] = a, out[1] = b, out[2] = c, out[3] = d;
        }
    }
    while (size-- > 0)
        *target++ = *source++;
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    uint8_t *target = to;
    if (is_word_aligned(to, to)) {
        uint64_t word = 0x0101010101010101ul * (uint8_t)byte;
        for (; size >= 4 * WORD; size -= 4 * WORD, target += 4 * WORD) {
            uint64_t *out = (uint64_t *)target;
            out[0] = word, out[1] = word, out[2] = word, out[3] = word;
        }
    }
    while (size-- > 0)
        *target++ = (uint8_t)byte;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    if (target <= source || target >= source + size) {
        for (size_t i = 0; i < size; i++)
            target[i] = source[i];
    } else {
        while (size-- > 0)
            target[size] = source[size];
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *left = a, *right = b;
    for (; size > 0; size--, left++, right++) {
        if (*left != *right)
            return *left - *right;
    }
    return 0;
}

void *memchr(const void *bytes, int byte, size_t size)
{
    const uint8_t *at = bytes;
    for (; size > 0; size--, at++) {
        if (*at == (uint8_t)byte)
            return (void *)at;
    }
    return NULL;
}

size_t strnlen(const char *text, size_t size)
{
    size_t length = 0;
    while (length < size && text[length])
        length++;
    return length;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

char *strrchr(const char *text, int byte)
{
    const char *found = NULL;
    for (;; text++) {
        if (*text == (char)byte)
            found = text;
        if (!*text)
            return (char *)found;
    }
}
