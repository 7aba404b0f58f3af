/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver stands on, for the host: one model of a device, DMA memory that it reaches, handles
 * and records that are only counted. A header, for the programs that take in a driver's sources.
 */
#ifndef ANSER_TESTS_DRIVER_MACHINE_H
#define ANSER_TESTS_DRIVER_MACHINE_H

#include <stdlib.h>
#include <string.h>
#include <anser/keep.h>
#include "channel.h"
#include "dma.h"
#include "ipc.h"
#include "record.h"
#include "syscall.h"
#include "virtio_model.h"

#define MACHINE_DEVICE   32 /* handles */
#define MACHINE_SIGNAL   64
#define MACHINE_PAGES    96
#define MACHINE_PHYSICAL UINT64_C(0x80000000)
#define MACHINE_STRIDE   UINT64_C(0x1000000)
#define MACHINE_DMA      128 /* pieces of DMA memory at a time */

static struct virtio_model machine;
static uint64_t machine_next;
static uint8_t *machine_memory[MACHINE_DMA]; /* what is not given back yet */

/* Begins anew, with a device of this type. */
static void machine_begin(uint32_t version, uint32_t type, uint64_t offered)
{
    machine = (struct virtio_model){.version = version, .type = type, .offered = offered};
    machine_next = MACHINE_PHYSICAL;
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

struct sys_result sys_handle_info(anser_handle handle)
{
    uint64_t rights = ANSER_RIGHT_SEND | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER;
    if (handle != MACHINE_SIGNAL)
        return (struct sys_result){-ANSER_EBADF, 0};
    return (struct sys_result){ANSER_TYPE_SIGNAL, rights};
}

void handle_close(anser_handle handle)
{
    (void)handle;
}

anser_handle handle_duplicate(anser_handle handle)
{
    return handle;
}

int64_t record_store(uint64_t key, const uint64_t words[KEEP_WORDS], anser_handle handle)
{
    (void)key, (void)words, (void)handle;
    return 0;
}

int64_t record_drop(uint64_t key)
{
    (void)key;
    return 0;
}

int64_t record_next(uint64_t key, struct keep_answer *record, anser_handle *handle)
{
    (void)key, (void)record, (void)handle;
    return 0;
}

#endif
