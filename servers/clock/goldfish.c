/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the goldfish real-time clock; its alarm is not used. */
#include "goldfish.h"

#include <stdlib.h>
#include <anser/abi.h>
#include "memory.h"
#include "start.h"

#define TIME_LOW  0x00 /* reading it keeps the upper half for the next read of TIME_HIGH */
#define TIME_HIGH 0x04
#define REGISTERS 0x20 /* bytes of all of them */

static volatile uint32_t *registers;

static uint64_t number(const char *word)
{
    const char *value = getenv(word);
    return value ? strtoul(value, NULL, 10) : 0;
}

bool goldfish_open(void)
{
    uint64_t offset = number("rtc.offset");
    anser_handle device = start_handle("rtc.mmio");
    if (device == 0 || offset + REGISTERS > ANSER_PAGE_SIZE || offset % 4 != 0 ||
        number("rtc.length") < REGISTERS)
        return false;
    char *page = memory_map_object(device, 0, ANSER_PAGE_SIZE, ANSER_PROT_READ | ANSER_PROT_WRITE);
    if (!page)
        return false;
    registers = (volatile uint32_t *)(page + offset);
    return true;
}

uint64_t goldfish_read(void)
{
    uint64_t low = registers[TIME_LOW / 4];
    return (uint64_t)registers[TIME_HIGH / 4] << 32 | low;
}

/* The lower half last, as the specification has it: it is the one that runs. */
void goldfish_write(uint64_t nanoseconds)
{
    registers[TIME_HIGH / 4] = (uint32_t)(nanoseconds >> 32);
    registers[TIME_LOW / 4] = (uint32_t)nanoseconds;
}
