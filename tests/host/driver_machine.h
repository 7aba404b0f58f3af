/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver stands on, for the host: one model of a device, DMA memory that it reaches, handles
 * and records that are only counted. A header, for the programs that take in a driver's sources.
 */
#ifndef ANSER_TESTS_DRIVER_MACHINE_H
#define ANSER_TESTS_DRIVER_MACHINE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <anser/keep.h>
#include "clock.h"
#include "channel.h"
#include "dma.h"
#include "ipc.h"
#include "record.h"
#include "syscall.h"
#include "virtio_model.h"

#define MACHINE_DEVICE   32 /* handles */
#define MACHINE_SIGNAL   64
#define MACHINE_CHANNEL  96
#define MACHINE_PAGES    128
#define MACHINE_PHYSICAL UINT64_C(0x80000000)
#define MACHINE_STRIDE   UINT64_C(0x1000000)
#define MACHINE_DMA      128 /* pieces of DMA memory at a time */
#define MACHINE_RECORDS  256 /* as many as init keeps */

/* Ends the program with the place, if it does not hold. */
#define require(holds) machine_require((holds), __FILE__, __LINE__)

static void machine_require(bool holds, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: does not hold\n", file, line);
    abort();
}

static struct virtio_model machine;
static uint64_t machine_next;
static uint8_t *machine_memory[MACHINE_DMA];      /* what is not given back yet */
static uint64_t machine_records[MACHINE_RECORDS]; /* keys of what is left with init; 0: free */

/*
 * The driver's own variables stand in sections of their own: the program takes in its sources
 * between `#pragma clang section bss = "driver_bss" data = "driver_data"` and the same with "", so
 * that they can be as they were when it started.
 */
extern char __start_driver_bss[], __stop_driver_bss[];
extern char __start_driver_data[], __stop_driver_data[];

/* Over the sanitizer's gaps between the variables, which is not its business. */
__attribute__((no_sanitize("address"))) static void machine_copy(char *to, const char *from,
                                                                 ptrdiff_t size)
{
    ptrdiff_t i = 0;
    for (; i + 8 <= size; i += 8)
        *(volatile uint64_t *)(to + i) = from ? *(const volatile uint64_t *)(from + i) : 0;
    for (; i < size; i++)
        *(volatile char *)(to + i) = from ? from[i] : 0;
}

/* A new driver. */
static void machine_restart_driver(void)
{
    static char *data_before;
    ptrdiff_t data_size = __stop_driver_data - __start_driver_data;
    if (!data_before) {
        data_before = malloc((size_t)data_size);
        machine_copy(data_before, __start_driver_data, data_size);
    }
    machine_copy(__start_driver_data, data_before, data_size);
    machine_copy(__start_driver_bss, NULL, __stop_driver_bss - __start_driver_bss);
}

/* Begins anew, with a device of this type. */
static void machine_begin(uint32_t version, uint32_t type, uint64_t offered)
{
    machine = (struct virtio_model){.version = version, .type = type, .offered = offered};
    machine_next = MACHINE_PHYSICAL;
    memset(machine_records, 0, sizeof(machine_records));
}

/* What the death of the driver gives back. */
static void machine_end(void)
{
    for (unsigned i = 0; i < MACHINE_DMA; i++) {
        free(machine_memory[i]);
        machine_memory[i] = NULL;
    }
}

int virtio_open(struct virtio *device, const char *name, uint32_t type)
{
    (void)name;
    *device = model_device(&machine);
    device->memory = MACHINE_DEVICE;
    return virtio_begin(device, type);
}

/* ---- lib/dma.h. ------------------------------------------------------------------------------ */

static uint8_t **machine_place(const uint8_t *memory)
{
    for (unsigned i = 0; i < MACHINE_DMA; i++)
        if (machine_memory[i] == memory)
            return &machine_memory[i];
    return NULL;
}

int dma_create(struct dma *dma, anser_handle device, size_t length, bool shared)
{
    uint8_t **place = machine_place(NULL);
    size_t size = (length + ANSER_PAGE_SIZE - 1) & ~(size_t)(ANSER_PAGE_SIZE - 1);
    if (device != MACHINE_DEVICE || size == 0)
        abort();
    if (!place || size > MACHINE_STRIDE)
        return -ANSER_ENOMEM;
    *place = aligned_alloc(ANSER_PAGE_SIZE, size);
    memset(*place, 0, size);
    *dma = (struct dma){MACHINE_PAGES + shared, *place, machine_next, size};
    machine_next += MACHINE_STRIDE;
    model_memory(&machine, dma->physical, dma->memory, dma->size);
    return 0;
}

anser_handle dma_share(const struct dma *dma)
{
    if (dma->pages != MACHINE_PAGES + 1)
        abort();
    return dma->pages;
}

void dma_destroy(struct dma *dma)
{
    if (dma->memory) {
        model_forget(&machine, dma->physical);
        *machine_place(dma->memory) = NULL;
        free(dma->memory);
    }
    *dma = (struct dma){0};
}

/* ---- Handles and records. -------------------------------------------------------------------- */

int64_t sys_signal(anser_handle send, uint64_t bits)
{
    (void)bits;
    if (send != MACHINE_SIGNAL)
        abort();
    return 0;
}

int64_t ipc_signal(anser_handle send, uint64_t bits)
{
    return sys_signal(send, bits);
}

/* A channel that is told, always full. */
int64_t ipc_exchange(int64_t number, anser_handle handle, struct ipc_registers *registers)
{
    (void)registers;
    if (number != ANSER_CALL_send || handle != MACHINE_CHANNEL)
        abort();
    return -ANSER_EAGAIN;
}

int64_t sys_pages_release(anser_handle device)
{
    (void)device;
    return 0;
}

uint64_t clock_now(void)
{
    static uint64_t now;
    return ++now;
}

#define MACHINE_LATER (UINT64_MAX / 2)

uint64_t clock_after(uint64_t milliseconds);

/* Never comes: what is tried again later is not what is looked at here. */
uint64_t clock_after(uint64_t milliseconds)
{
    return MACHINE_LATER + milliseconds;
}

struct sys_result sys_handle_info(anser_handle handle)
{
    uint64_t rights = ANSER_RIGHT_SEND | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER;
    if (handle != MACHINE_SIGNAL && handle != MACHINE_CHANNEL)
        return (struct sys_result){-ANSER_EBADF, 0};
    return (struct sys_result){handle == MACHINE_SIGNAL ? ANSER_TYPE_SIGNAL : ANSER_TYPE_CHANNEL,
                               rights};
}

void handle_close(anser_handle handle)
{
    (void)handle;
}

anser_handle handle_duplicate(anser_handle handle)
{
    return handle;
}

static uint64_t *machine_record(uint64_t key)
{
    for (unsigned i = 0; i < MACHINE_RECORDS; i++)
        if (machine_records[i] == key)
            return &machine_records[i];
    return NULL;
}

int64_t record_store(uint64_t key, const uint64_t words[KEEP_WORDS], anser_handle handle)
{
    (void)words, (void)handle;
    uint64_t *record = machine_record(key);
    if (!record && !(record = machine_record(0)))
        return -ANSER_ENOMEM;
    *record = key;
    return 0;
}

int64_t record_drop(uint64_t key)
{
    uint64_t *record = machine_record(key);
    if (key == 0 || !record)
        return -ANSER_ESRCH;
    *record = 0;
    return 0;
}

int64_t record_next(uint64_t key, struct keep_answer *record, anser_handle *handle)
{
    (void)key, (void)record, (void)handle;
    return 0;
}

#endif
