/* SPDX-License-Identifier: BSD-2-Clause */
/* What a fuzz target was given, byte by byte; zeros when it is used up. */
#ifndef ANSER_TESTS_FUZZ_INPUT_H
#define ANSER_TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

static const uint8_t *input_bytes;
static size_t input_size;

static unsigned next_byte(void)
{
    if (input_size == 0)
        return 0;
    input_size--;
    return *input_bytes++;
}

static uint32_t next_word(void)
{
    uint32_t low = next_byte(), second = next_byte(), third = next_byte();
    return low | second << 8 | third << 16 | (uint32_t)next_byte() << 24;
}

#endif
