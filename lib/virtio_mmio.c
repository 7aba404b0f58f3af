/* SPDX-License-Identifier: BSD-2-Clause */
/* A device's registers: found by what init gave to the driver, and accessed in order. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "memory.h"
#include "start.h"
#include "virtio.h"

#define REGISTERS 0x100u /* bytes before the configuration space (4.2.2) */
#define KEY_MAX   64

/* Reads the environment's word NAME.what. False: there is none, or it is no number. */
static bool number_of(const char *name, const char *what, unsigned long *number)
{
    char key[KEY_MAX], *end;
    if (snprintf(key, sizeof(key), "%s.%s", name, what) >= (int)sizeof(key))
        return false;
    const char *value = getenv(key);
    if (!value || !*value)
        return false;
    *number = strtoul(value, &end, 0);
    return *end == '\0';
}

static anser_handle handle_of(const char *name)
{
    char key[KEY_MAX];
    snprintf(key, sizeof(key), "%s.mmio", name);
    return start_handle(key);
}

int virtio_open(struct virtio *device, const char *name, uint32_t type)
{
    unsigned long offset, length;
    *device = (struct virtio){.memory = handle_of(name)};
    if (device->memory == 0)
        return -ENOENT;
    if (!number_of(name, "offset", &offset) || !number_of(name, "length", &length) ||
        length < REGISTERS || offset % 4 || offset >= MEMORY_PAGE)
        return -EINVAL;
    char *window = memory_map_object(device->memory, 0, memory_round_up(offset + length),
                                     ANSER_PROT_READ | ANSER_PROT_WRITE);
    if (!window)
        return -errno;
    device->registers = (volatile uint32_t *)(window + offset);
    return virtio_begin(device, type);
}

/* What is read behind this, of the device or of memory, is not older (RISC-V: fence). */
uint32_t virtio_register(struct virtio *device, unsigned offset, unsigned width)
{
    const volatile uint8_t *place = (const volatile uint8_t *)device->registers + offset;
    uint32_t value;
    if (width == 4)
        value = *(const volatile uint32_t *)place;
    else if (width == 2)
        value = *(const volatile uint16_t *)place;
    else
        value = *place;
    __asm__ volatile("fence i, ir" ::: "memory");
    return value;
}

/* What was written before, to memory or to the device, is there when this arrives. */
void virtio_set_register(struct virtio *device, unsigned offset, uint32_t value)
{
    __asm__ volatile("fence ow, o" ::: "memory");
    device->registers[offset / 4] = value;
}
