/* SPDX-License-Identifier: BSD-2-Clause */
/* The device's side of virtio-mmio, from the specification; shares no line with lib/. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "virtio_model.h"

__attribute__((format(printf, 1, 2), noreturn)) static void driver_error(const char *fmt, ...)
{
    va_list arguments;
    va_start(arguments, fmt);
    printf("Bail out! the driver ");
    vprintf(fmt, arguments);
    putchar('\n');
    fflush(stdout);
    abort();
}

static struct virtio_model *model_of(struct virtio *device)
{
    return (struct virtio_model *)device->registers;
}

struct virtio model_device(struct virtio_model *model)
{
    return (struct virtio){.registers = (volatile uint32_t *)model};
}

/* ---- Memory. --------------------------------------------------------------------------------- */

void model_memory(struct virtio_model *model, uint64_t physical, void *bytes, size_t size)
{
    if (model->region_count == MODEL_REGIONS)
        abort();
    unsigned i = model->region_count++;
    model->regions[i].physical = physical;
    model->regions[i].bytes = bytes;
    model->regions[i].size = size;
}

void model_forget(struct virtio_model *model, uint64_t physical)
{
    for (unsigned i = 0; i < model->region_count; i++)
        if (model->regions[i].physical == physical)
            model->regions[i] = model->regions[--model->region_count];
}

void *model_at(struct virtio_model *model, uint64_t physical, uint64_t length)
{
    for (unsigned i = 0; i < model->region_count; i++) {
        uint64_t offset = physical - model->regions[i].physical;
        if (offset < model->regions[i].size && length <= model->regions[i].size - offset)
            return model->regions[i].bytes + offset;
    }
    driver_error("points to 0x%llx, %llu bytes: no memory of its own", (unsigned long long)physical,
                 (unsigned long long)length);
}

static uint16_t *at16(struct virtio_model *model, uint64_t physical)
{
    return model_at(model, physical, 2);
}

static uint16_t load16(struct virtio_model *model, uint64_t physical)
{
    return __atomic_load_n(at16(model, physical), __ATOMIC_ACQUIRE);
}

static void store16(struct virtio_model *model, uint64_t physical, uint16_t value)
{
    __atomic_store_n(at16(model, physical), value, __ATOMIC_RELEASE);
}

static bool has(const struct virtio_model *model, unsigned feature)
{
    return model->accepted >> feature & 1;
}

/* ---- Requests. ------------------------------------------------------------------------------- */

struct descriptor {
    uint64_t physical;
    uint32_t length;
    uint16_t flags; /* 1: next, 2: write, 4: indirect */
    uint16_t next;
};

static struct descriptor load_descriptor(struct virtio_model *model, uint64_t table, unsigned i)
{
    struct descriptor descriptor;
    memcpy(&descriptor, model_at(model, table + i * 16ull, 16), 16);
    return descriptor;
}

static void add_segment(struct virtio_model *model, struct model_request *request,
                        const struct descriptor *descriptor)
{
    bool writes = descriptor->flags & 2;
    if (descriptor->length == 0)
        driver_error("offers an empty buffer");
    if (request->count == MODEL_SEGMENTS)
        driver_error("offers a request that does not end");
    if (!writes && request->count > 0 && request->segments[request->count - 1].writes)
        driver_error("puts a buffer to read behind one to write");
    request->segments[request->count++] = (struct model_segment){
        model_at(model, descriptor->physical, descriptor->length), descriptor->length, writes};
    request->room += writes ? descriptor->length : 0;
}

static void walk(struct virtio_model *model, struct model_request *request, uint64_t table,
                 unsigned entries, unsigned i)
{
    for (;;) {
        if (i >= entries)
            driver_error("chains to descriptor %u of %u", i, entries);
        struct descriptor descriptor = load_descriptor(model, table, i);
        if (descriptor.flags & ~3u)
            driver_error("sets flags 0x%x", descriptor.flags);
        add_segment(model, request, &descriptor);
        if (!(descriptor.flags & 1))
            return;
        i = descriptor.next;
    }
}

static void walk_head(struct virtio_model *model, const struct model_queue *queue,
                      struct model_request *request)
{
    if (request->head >= queue->size)
        driver_error("makes descriptor %u available", request->head);
    struct descriptor head = load_descriptor(model, queue->descriptors, request->head);
    if (!(head.flags & 4)) {
        walk(model, request, queue->descriptors, queue->size, request->head);
        return;
    }
    if (!has(model, VIRTQ_INDIRECT_DESC))
        driver_error("uses an indirect descriptor without the feature");
    if (head.flags != 4 || head.length == 0 || head.length % 16)
        driver_error("has a wrong indirect descriptor: flags 0x%x, %u bytes", head.flags,
                     head.length);
    walk(model, request, head.physical, head.length / 16, 0);
}

bool model_pop(struct virtio_model *model, unsigned index, struct model_request *request)
{
    struct model_queue *queue = &model->queues[index];
    uint16_t available = load16(model, queue->available + 2);
    uint16_t waiting = available - queue->popped;
    if (waiting > queue->size)
        driver_error("has made %u requests available, of %u", waiting, queue->size);
    if (waiting == 0)
        return false;
    unsigned place = queue->popped++ % queue->size;
    *request = (struct model_request){.head = load16(model, queue->available + 4 + 2 * place)};
    walk_head(model, queue, request);
    return true;
}

static bool wants_interrupt(struct virtio_model *model, const struct model_queue *queue)
{
    if (!has(model, VIRTQ_EVENT_IDX))
        return !(load16(model, queue->available) & 1);
    /* 2.7.7.2: when the entry at used_event has just been written. */
    return load16(model, queue->available + 4 + 2 * queue->size) == (uint16_t)(queue->pushed - 1);
}

bool model_push(struct virtio_model *model, unsigned index, uint16_t head, uint32_t written)
{
    struct model_queue *queue = &model->queues[index];
    uint32_t element[2] = {head, written};
    memcpy(model_at(model, queue->used + 4 + queue->pushed % queue->size * 8ull, 8), element, 8);
    store16(model, queue->used + 2, ++queue->pushed);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!wants_interrupt(model, queue))
        return false;
    model->interrupts |= 1;
    return true;
}

void model_hush(struct virtio_model *model, unsigned index, bool quiet)
{
    struct model_queue *queue = &model->queues[index];
    if (has(model, VIRTQ_EVENT_IDX)) /* 2.7.10: the entry at which it wants to know */
        store16(model, queue->used + 4 + queue->size * 8ull, queue->popped - (quiet ? 1 : 0));
    else
        store16(model, queue->used, quiet);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void model_configuration_changed(struct virtio_model *model)
{
    model->generation++;
    model->interrupts |= 2;
}

void model_needs_reset(struct virtio_model *model)
{
    model->status |= 64;
    model_configuration_changed(model);
}

/* ---- Registers. ------------------------------------------------------------------------------ */

static uint32_t read_config(struct virtio_model *model, unsigned offset, unsigned width)
{
    uint32_t value = 0;
    if (offset % width || offset + width > MODEL_CONFIG)
        driver_error("reads %u bytes of the configuration at %u", width, offset);
    memcpy(&value, model->config + offset, width);
    if (offset == 0 && model->config_changes > 0) {
        model->config_changes--;
        for (unsigned i = 0; i < MODEL_CONFIG; i++)
            model->config[i]++;
        model_configuration_changed(model);
    }
    return value;
}

static struct model_queue *selected(struct virtio_model *model)
{
    static struct model_queue none;
    none = (struct model_queue){0};
    return model->selected < MODEL_QUEUES ? &model->queues[model->selected] : &none;
}

static uint32_t read_queue_register(struct virtio_model *model, unsigned offset)
{
    struct model_queue *queue = selected(model);
    bool legacy = model->version == 1;
    if (offset == 0x034)
        return queue->max;
    if (offset == 0x044 && !legacy)
        return queue->ready;
    if (offset == 0x040 && legacy)
        return (uint32_t)(queue->descriptors / 4096);
    driver_error("reads register 0x%x", offset);
}

uint32_t virtio_register(struct virtio *device, unsigned offset, unsigned width)
{
    struct virtio_model *model = model_of(device);
    if (offset >= 0x100)
        return read_config(model, offset - 0x100, width);
    if (width != 4 || offset % 4)
        driver_error("reads %u bytes of register 0x%x", width, offset);
    switch (offset) {
    case 0x000:
        return 0x74726976;
    case 0x004:
        return model->version;
    case 0x008:
        return model->type;
    case 0x010:
        return (uint32_t)(model->offered >> (model->offered_half ? 32 : 0));
    case 0x060:
        return model->interrupts;
    case 0x070:
        return model->status;
    case 0x0fc:
        if (model->version == 1)
            driver_error("reads the generation of a legacy device");
        return model->generation;
    }
    return read_queue_register(model, offset);
}

static void reset(struct virtio_model *model)
{
    for (unsigned i = 0; i < MODEL_QUEUES; i++)
        model->queues[i] = (struct model_queue){.max = model->queues[i].max};
    model->resets++;
    model->accepted = 0;
    model->interrupts = 0;
    model->status = model->never_resets ? 1 : 0;
}

static void set_status(struct virtio_model *model, uint32_t status)
{
    if (status == 0) {
        reset(model);
        return;
    }
    if (model->status & ~status)
        driver_error("clears bits of the status: 0x%x becomes 0x%x", model->status, status);
    if ((status & 2) && !(status & 1))
        driver_error("drives a device that it has not noticed");
    if ((status & 4) && !(status & 8) && model->version == 2)
        driver_error("is ready without features");
    if ((status & 8) && model->version == 1)
        driver_error("sets FEATURES_OK on a legacy device");
    if (model->accepted & ~model->offered)
        driver_error("accepts features that are not offered");
    model->status = model->refuses_features ? status & ~8u : status;
}

static void set_half(uint64_t *word, bool upper, uint32_t value)
{
    uint32_t halves[2];
    memcpy(halves, word, 8);
    halves[upper] = value;
    memcpy(word, halves, 8);
}

static void set_legacy_queue(struct virtio_model *model, struct model_queue *queue, uint32_t page)
{
    uint64_t size = queue->size;
    queue->descriptors = page * 4096ull;
    queue->available = queue->descriptors + 16 * size;
    queue->used = (queue->available + 4 + 2 * size + 2 + 4095) / 4096 * 4096;
    queue->ready = true;
    model_at(model, queue->descriptors, queue->used + 6 + 8 * size - queue->descriptors);
}

/* 2.7: alignments of the three parts. */
static void start_queue(struct virtio_model *model, struct model_queue *queue)
{
    if (queue->descriptors % 16 || queue->available % 2 || queue->used % 4)
        driver_error("places a queue badly");
    model_at(model, queue->descriptors, queue->size * 16ull);
    model_at(model, queue->available, 6 + queue->size * 2ull);
    model_at(model, queue->used, 6 + queue->size * 8ull);
    queue->ready = true;
}

static void set_queue_register(struct virtio_model *model, unsigned offset, uint32_t value)
{
    struct model_queue *queue = selected(model);
    bool legacy = model->version == 1;
    if (queue->max == 0 || queue->ready || (model->status & 4))
        driver_error("sets register 0x%x of queue %u, which cannot be", offset, model->selected);
    if (offset == 0x038 && value <= queue->max && value && !(value & (value - 1)))
        queue->size = value;
    else if (offset == 0x03c && legacy && value == 4096)
        return;
    else if (offset == 0x040 && legacy && queue->size)
        set_legacy_queue(model, queue, value);
    else if (offset == 0x044 && !legacy && value == 1 && queue->size)
        start_queue(model, queue);
    else if (offset >= 0x080 && offset <= 0x084 && !legacy)
        set_half(&queue->descriptors, offset & 4, value);
    else if (offset >= 0x090 && offset <= 0x094 && !legacy)
        set_half(&queue->available, offset & 4, value);
    else if (offset >= 0x0a0 && offset <= 0x0a4 && !legacy)
        set_half(&queue->used, offset & 4, value);
    else
        driver_error("writes %u to register 0x%x", value, offset);
}

static void notify(struct virtio_model *model, uint32_t index)
{
    if (index >= MODEL_QUEUES || !model->queues[index].ready || !(model->status & 4))
        driver_error("notifies queue %u, which it has not started", index);
    model->notified[index]++;
}

void virtio_set_register(struct virtio *device, unsigned offset, uint32_t value)
{
    struct virtio_model *model = model_of(device);
    bool legacy = model->version == 1;
    if (offset == 0x014)
        model->offered_half = value;
    else if (offset == 0x024)
        model->accepted_half = value;
    else if (offset == 0x020 && (model->status & 14) == 2)
        set_half(&model->accepted, model->accepted_half, value);
    else if (offset == 0x030)
        model->selected = value;
    else if (offset == 0x050)
        notify(model, value);
    else if (offset == 0x064)
        model->interrupts &= ~value;
    else if (offset == 0x070)
        set_status(model, value);
    else if (offset != 0x028 || !legacy || value != 4096)
        set_queue_register(model, offset, value);
}
