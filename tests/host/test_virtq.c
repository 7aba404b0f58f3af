/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtqueues against the model of a device: random walks of both sides, with every size and
 * feature, requests of any shape completed in any order, past the wrap of the 16-bit counts. Both
 * sides sleep when they have nothing to do; a wake-up that is lost is found.
 */
/* sources: lib/virtio.c lib/virtq.c tests/host/virtio_model.c */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/virtio.h"
#include "tap.h"
#include "virtio_model.h"

#define PHYSICAL  0x80001000
#define DATA      0x90000000
#define SIZE_MOST 256
#define SEGMENTS  9
#define AREA      128 /* bytes of data of a token */
#define REQUESTS  140000

enum state { FREE, ADDED, POPPED, PUSHED };

static struct record {
    enum state state;
    unsigned count;
    uint32_t written;
    uint64_t room;
    uint16_t head;
    struct virtq_segment segments[SEGMENTS];
} records[SIZE_MOST];

static struct virtio_model model;
static struct virtio device;
static struct virtq queue;
static uint8_t *data;
static uint64_t seed;

/* Tokens in the order in which the device pushed them, and those that it holds. */
static unsigned pushed[SIZE_MOST], pushed_first, pushed_count;
static unsigned held[SIZE_MOST], held_count;

static bool device_sleeps, driver_sleeps;
static bool asked;       /* for an interrupt, since the driver last looked */
static bool quiet;       /* the driver wants none */
static unsigned awaited; /* completions, by the driver that sleeps */
static unsigned finished, most_in_flight;
static const char *wrong; /* what was found, or NULL */

static unsigned random_below(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed >> 33) % n);
}

static void require(bool holds, const char *what)
{
    if (!holds && !wrong)
        wrong = what;
}

/* ---- The driver. ----------------------------------------------------------------------------- */

static int free_token(void)
{
    unsigned start = random_below(queue.size);
    for (unsigned i = 0; i < queue.size; i++) {
        unsigned token = (start + i) % queue.size;
        if (records[token].state == FREE)
            return (int)token;
    }
    return -1;
}

static void make_segments(struct record *record, unsigned token)
{
    uint64_t place = DATA + token * AREA;
    record->count = 1 + random_below(queue.size < SEGMENTS ? queue.size : SEGMENTS);
    record->room = 0;
    unsigned readable = random_below(record->count + 1);
    for (unsigned i = 0; i < record->count; i++) {
        struct virtq_segment *segment = &record->segments[i];
        *segment = (struct virtq_segment){place, 1 + random_below(AREA / SEGMENTS), i >= readable};
        place += segment->length;
        record->room += segment->device_writes ? segment->length : 0;
    }
}

static void driver_add(void)
{
    int token = free_token();
    if (token < 0)
        return;
    struct record *record = &records[token];
    make_segments(record, (unsigned)token);
    bool table = queue.tables && record->count > 1 && record->count <= VIRTQ_TABLE;
    unsigned needed = table ? 1 : record->count;
    unsigned before = virtq_free(&queue);
    int result = virtq_add(&queue, record->segments, record->count, (uint16_t)token);
    if (needed > before) {
        require(result == -EAGAIN && virtq_free(&queue) == before, "too much was taken");
        return;
    }
    require(result == 0 && virtq_free(&queue) == before - needed, "a request was not taken");
    record->state = ADDED;
    if (virtq_in_flight(&queue) > most_in_flight)
        most_in_flight = virtq_in_flight(&queue);
}

static void driver_publish(void)
{
    if (virtq_publish(&queue))
        device_sleeps = false;
}

static void driver_take(void)
{
    uint16_t token;
    uint32_t written;
    bool looks = queue.taken == queue.done;
    int result = virtq_take(&queue, &token, &written);
    require(result == (pushed_count > 0), "take: not what the device did");
    if (result != 1 || wrong)
        return;
    asked = asked && !looks;
    require(token == pushed[pushed_first], "a wrong token");
    require(written == records[token].written, "a wrong length");
    records[token].state = FREE;
    pushed_first = (pushed_first + 1) % SIZE_MOST;
    pushed_count--;
    finished++;
}

static void driver_wait(void)
{
    unsigned running = held_count + pushed_count;
    awaited = 1 + (running > 1 ? random_below(running) : 0);
    asked = true;
    quiet = false;
    driver_sleeps = virtq_wait_for(&queue, awaited);
    if (!queue.event_index)
        awaited = 1;
    require(driver_sleeps == (pushed_count < awaited), "wait: not as many as are done");
}

/* It has been woken by something else, and goes on without interrupts. */
static void driver_hush(void)
{
    virtq_quiet(&queue);
    asked = false;
    quiet = true;
}

static void driver_step(void)
{
    unsigned what = random_below(9);
    if (what < 3)
        driver_add();
    else if (what < 4)
        driver_publish();
    else if (what < 7)
        driver_take();
    else if (what < 8)
        driver_wait();
    else
        driver_hush();
}

/* ---- The device. ----------------------------------------------------------------------------- */

static bool same(const struct record *record, const struct model_request *request)
{
    for (unsigned i = 0; i < record->count; i++) {
        const struct virtq_segment *mine = &record->segments[i];
        const struct model_segment *its = &request->segments[i];
        if (data + (mine->physical - DATA) != its->bytes || mine->length != its->length ||
            mine->device_writes != its->writes)
            return false;
    }
    return record->count == request->count;
}

/* Asks to be notified, and looks once more: 2.7.10. */
static void device_sleep(void)
{
    struct model_request request;
    model_hush(&model, 0, false);
    device_sleeps = true;
    uint16_t popped = model.queues[0].popped;
    if (model_pop(&model, 0, &request)) {
        model.queues[0].popped = popped;
        device_sleeps = false;
    }
}

static void device_pop(void)
{
    struct model_request request;
    if (!model_pop(&model, 0, &request)) {
        device_sleep();
        return;
    }
    unsigned token = (unsigned)(request.segments[0].bytes - data) / AREA;
    struct record *record = &records[token];
    require(record->state == ADDED, "a request comes twice");
    require(same(record, &request), "a request is not what was added");
    record->state = POPPED;
    record->head = request.head;
    held[held_count++] = token;
    if (random_below(2) == 0)
        model_hush(&model, 0, true);
}

static void device_push(void)
{
    if (held_count == 0)
        return;
    unsigned which = random_below(held_count);
    unsigned token = held[which];
    held[which] = held[--held_count];
    struct record *record = &records[token];
    record->written = random_below((unsigned)record->room + 1);
    record->state = PUSHED;
    pushed[(pushed_first + pushed_count++) % SIZE_MOST] = token;
    bool told = model_push(&model, 0, record->head, record->written);
    bool due = driver_sleeps && pushed_count == awaited;
    if (due)
        require(told, "the driver is not told");
    else if (quiet || (!asked && !queue.event_index))
        require(!told, "the driver is told, and has not asked");
    else if (driver_sleeps && pushed_count < awaited)
        require(!told, "the driver is told too early");
    if (told)
        driver_sleeps = false;
}

/* ---- Walks. ---------------------------------------------------------------------------------- */

/* Both sides sleep, and have something to do. */
static void check_asleep(void)
{
    bool all_shown = queue.added == queue.published;
    unsigned waiting = (uint16_t)(queue.published - model.queues[0].popped);
    require(!(device_sleeps && all_shown && waiting > 0), "the device was not notified");
}

static void begin(unsigned size, uint64_t features, uint32_t version, void *memory)
{
    model = (struct virtio_model){.version = version, .type = 2};
    model.offered = features | VIRTIO_VERSION_1;
    model.queues[0].max = SIZE_MOST;
    model_memory(&model, PHYSICAL, memory, virtq_bytes(size));
    model_memory(&model, DATA, data, SIZE_MOST * AREA);
    device = model_device(&model);
    memset(records, 0, sizeof(records));
    pushed_count = held_count = finished = most_in_flight = 0;
    device_sleeps = driver_sleeps = asked = false;
    quiet = true;
    require(virtio_begin(&device, 2) == 0 && virtio_negotiate(&device, features) == 0 &&
                virtq_begin(&queue, memory, PHYSICAL, size, device.features) == 0 &&
                virtio_queue_start(&device, 0, &queue) == 0,
            "it does not begin");
    virtio_ready(&device);
}

static void walk(unsigned size, uint64_t features, uint32_t version)
{
    wrong = NULL;
    void *memory = aligned_alloc(64, virtq_bytes(size)); /* to the byte: an overrun is seen */
    memset(memory, 0xa5, virtq_bytes(size));
    begin(size, features, version, memory);
    for (uint64_t steps = 0; finished < REQUESTS && !wrong; steps++) {
        if (!driver_sleeps)
            driver_step();
        else if (random_below(8) == 0)
            driver_sleeps = false; /* something else has woken it */
        unsigned slow = 2 + steps / 4096 % 8;
        if (!device_sleeps && random_below(slow) == 0)
            device_pop();
        if (random_below(slow) == 0)
            device_push();
        check_asleep();
        if (steps > 60ull * REQUESTS)
            require(false, "it goes on too slowly");
    }
    TEST(!wrong, "version %u, size %u, features %x: %u requests, up to %u in flight; %s", version,
         size, (unsigned)(features >> VIRTQ_INDIRECT_DESC), finished, most_in_flight,
         wrong ? wrong : "all as asked");
    virtq_end(&queue);
    free(memory);
}

/* As many in flight as there are descriptors, where a request fits into a table. */
static void test_full(unsigned size)
{
    void *memory = aligned_alloc(64, virtq_bytes(size));
    begin(size, VIRTIO_INDIRECT_DESC, 2, memory);
    struct virtq_segment segments[VIRTQ_TABLE];
    unsigned count = 0, length = size < VIRTQ_TABLE ? size : VIRTQ_TABLE; /* 2.7.5.3.1 */
    for (unsigned i = 0; i < length; i++)
        segments[i] = (struct virtq_segment){DATA + i, 1, i + 1 == length};
    while (virtq_add(&queue, segments, length, (uint16_t)count) == 0)
        count++;
    TEST(count == size && virtq_free(&queue) == 0, "size %u: %u requests in flight", size, count);
    virtq_end(&queue);
    free(memory);
}

int main(void)
{
    static const unsigned sizes[] = {1, 2, 4, 32, 256};
    static const uint64_t features[] = {0, VIRTIO_INDIRECT_DESC, VIRTIO_EVENT_IDX,
                                        VIRTIO_INDIRECT_DESC | VIRTIO_EVENT_IDX};
    data = malloc(SIZE_MOST * AREA);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        seed = sizes[i];
        for (unsigned f = 0; f < 4; f++)
            walk(sizes[i], features[f], 1 + (i + f) % 2);
        test_full(sizes[i]);
    }
    free(data);
    return tap_done();
}
