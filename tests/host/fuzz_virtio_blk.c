/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: the disk's driver between clients and a device, of whom any may be hostile. The input
 * is a row of steps of all of them. Whatever happens, nothing outside is touched, and the device is
 * told of no memory but a request's own and of no sector beyond the end. As long as the device is
 * honest, each request of an honest client ends once, as it should. A device that does what cannot
 * be is reported.
 */
/* sources: lib/virtio.c lib/virtq.c lib/ring.c tests/host/virtio_model.c */
/* includes: tests/host/doubles lib */
#include "driver_machine.h"
#include "fuzz_input.h"

#pragma clang section bss = "driver_bss" data = "driver_data"
#include "servers/virtio-blk/device.c"
#include "servers/virtio-blk/clients.c"
#include "servers/virtio-blk/requests.c"
#pragma clang section bss = "" data = ""

#define SIDES    3
#define PENDING  512 /* requests of a client that it waits for */
#define ATTACHES 200 /* in a run */
#define CAPACITY 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The machine's own: nothing of the driver decides over it. */
static struct side {
    bool is_attached, is_hostile;
    uint32_t sent;
    struct ring asks, answers; /* the client's ends */
    uint8_t *area;
    size_t area_size;
    int64_t expected[PENDING]; /* by cookie; 1: nothing is waited for */
} sides[SIDES];

static struct model_request held_requests[QUEUE_SIZE];
static unsigned held;
static bool device_is_hostile, device_is_blind; /* blind: it has spoilt what it would read */
static bool driver_has_ended;
static unsigned attaches;
static uint32_t data_begins[ATTACHES + 2]; /* of the n-th piece of DMA memory */

/* ---- Clients. -------------------------------------------------------------------------------- */

static void client_ask_attach(unsigned i)
{
    struct side *side = &sides[i];
    unsigned shape = next_byte();
    struct block_attach wanted = {BLOCK_ATTACH, 512u << shape % 6, 1u << (shape >> 3) % 6};
    struct block_attached answered = {0};
    anser_handle region;
    if (attaches++ >= ATTACHES)
        return;
    if (shape == 255)
        wanted.entries = next_byte();
    unsigned nth = (unsigned)((machine_next - MACHINE_PHYSICAL) / MACHINE_STRIDE);
    int result = client_attach(i + 1, &wanted, MACHINE_SIGNAL, &answered, &region);
    *side = (struct side){.is_attached = result == 0};
    for (unsigned cookie = 0; cookie < PENDING; cookie++)
        side->expected[cookie] = 1;
    if (result != 0)
        return;
    struct client *client = client_find(i + 1);
    side->area = client->region.memory;
    side->area_size = answered.size;
    data_begins[nth] = answered.data;
    require(answered.size == client->region.size && answered.data >= 256 &&
            answered.data_size >= wanted.bytes);
    uint8_t *asks = side->area + answered.requests, *answers = side->area + answered.completions;
    size_t ring = sizeof(struct ring_shared);
    uint32_t entries = (uint32_t)wanted.entries;
    ring_begin_putter(&side->asks, (struct ring_shared *)asks, asks + ring, entries,
                      sizeof(struct block_request));
    ring_begin_taker(&side->answers, (struct ring_shared *)answers, answers + ring, entries,
                     sizeof(struct block_completion));
}

/* The server may have put it out; here its memory has gone then. */
static bool has_area(unsigned i)
{
    return sides[i].is_attached && client_find(i + 1);
}

/* What <anser/block.h> says about this request; 0: the device decides. */
static int64_t judgement(const struct block_request *request, uint32_t data_bytes)
{
    uint64_t sectors = request->bytes / BLOCK_SECTOR;
    bool range = request->operation == BLOCK_OP_DISCARD || request->operation == BLOCK_OP_ZERO;
    if (request->operation > BLOCK_OP_ZERO)
        return -EINVAL;
    if (request->operation == BLOCK_OP_FLUSH)
        return 0;
    if (request->bytes == 0 || request->bytes % BLOCK_SECTOR || request->sector >= CAPACITY ||
        sectors > CAPACITY - request->sector)
        return -EINVAL;
    if (request->operation != BLOCK_OP_READ && (device_info.flags & BLOCK_READ_ONLY))
        return -EROFS;
    if (range) {
        uint32_t flag = request->operation == BLOCK_OP_ZERO ? BLOCK_CAN_ZERO : BLOCK_CAN_DISCARD;
        if (!(device_info.flags & flag))
            return -EOPNOTSUPP;
        return sectors > device_info.range_sectors_max ? -EINVAL : 0;
    }
    return request->offset % 8 || request->offset > data_bytes ||
                   request->bytes > data_bytes - request->offset
               ? -EINVAL
               : 0;
}

static void client_put(unsigned i)
{
    struct side *side = &sides[i];
    unsigned shape = next_byte();
    struct block_request request = {
        .sector = next_byte() % (CAPACITY + 2),
        .cookie = side->sent % PENDING,
        .operation = shape % 6,
        .offset = next_byte() * 64u,
        .bytes = (shape >> 4) * 512u + (shape % 11 == 10),
    };
    if (!has_area(i) || ring_ready(&side->asks) <= 0 || side->expected[request.cookie] != 1)
        return;
    if (shape == 0xfe)
        request.sector = (uint64_t)next_word() << 32 | next_word();
    if (shape == 0xfd)
        request.bytes = (uint64_t)next_word() << 32 | next_word();
    if (shape == 0xfc)
        request.offset = next_word();
    memcpy(ring_entry(&side->asks, 0), &request, sizeof(request));
    ring_advance(&side->asks, 1);
    side->expected[request.cookie] = judgement(&request, client_find(i + 1)->data_size);
    side->sent++;
}

static void client_take(unsigned i)
{
    struct side *side = &sides[i];
    struct block_completion completion;
    if (!has_area(i) || ring_ready(&side->answers) <= 0)
        return;
    memcpy(&completion, ring_entry(&side->answers, 0), sizeof(completion));
    ring_advance(&side->answers, 1);
    if (side->is_hostile || device_is_hostile)
        return;
    require(completion.cookie < PENDING);
    int64_t *expected = &side->expected[completion.cookie];
    require(*expected != 1);
    if (*expected == 0)
        require(completion.status == 0 || completion.status == -EIO ||
                completion.status == -EOPNOTSUPP);
    else
        require(completion.status == *expected);
    *expected = 1;
}

static void client_kick(unsigned i)
{
    struct client *client = client_find(i + 1);
    if (!sides[i].is_attached || !client)
        return;
    int result = requests_look(client);
    require(result == 0 || (result == -EPROTO && (sides[i].is_hostile || device_is_blind)));
    sides[i].is_attached = result == 0;
}

/* It writes anywhere into what it shares with the server. */
static void client_scribble(unsigned i)
{
    struct side *side = &sides[i];
    if (!has_area(i))
        return;
    side->is_hostile = true;
    size_t place = next_byte() * 4u + next_byte() * 1024u;
    uint32_t word = next_byte() & 1 ? next_word() : next_byte();
    memcpy(side->area + place % (side->area_size - 4), &word, 4);
}

static void client_leave(unsigned i)
{
    struct client *client = client_find(i + 1);
    sides[i].is_attached = false;
    if (client)
        client_detach(client);
}

/* ---- The device. ----------------------------------------------------------------------------- */

/* The data of a read or write lies in the data area of one region, and in no other memory. */
static void check_place(const struct model_segment *segment)
{
    for (unsigned i = 0; i < machine.region_count; i++) {
        size_t offset = (size_t)(segment->bytes - machine.regions[i].bytes);
        if (segment->bytes < machine.regions[i].bytes || offset >= machine.regions[i].size)
            continue;
        uint64_t nth = (machine.regions[i].physical - MACHINE_PHYSICAL) / MACHINE_STRIDE;
        require(nth > 0 && offset >= data_begins[nth]);
        return;
    }
    abort();
}

static void check_request(const struct model_request *request)
{
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header;
    const struct model_segment *last = &request->segments[request->count - 1];
    require(request->count >= 2 && request->count <= 3 && request->segments[0].length == 16);
    require(!request->segments[0].writes && last->writes && last->length == 1);
    memcpy(&header, request->segments[0].bytes, 16);
    if (header.type > 1)
        return;
    const struct model_segment *piece = &request->segments[1];
    require(request->count == 3 && piece->writes == (header.type == 0));
    check_place(piece);
    if (!device_is_hostile)
        require(header.sector + piece->length / 512 <= CAPACITY);
}

static void device_pop(void)
{
    if (device_is_blind || held == QUEUE_SIZE || !model_pop(&machine, 0, &held_requests[held]))
        return;
    check_request(&held_requests[held++]);
}

static void device_finish(void)
{
    unsigned how = next_byte();
    if (held == 0)
        return;
    struct model_request request = held_requests[how % held];
    held--;
    held_requests[how % (held + 1)] = held_requests[held];
    *request.segments[request.count - 1].bytes = how >= 250 ? (uint8_t)(how - 250) : 0;
    uint32_t written = (uint32_t)request.room;
    if (how == 249) {
        device_is_hostile = true;
        written = next_word() % (written + 1);
    }
    model_push(&machine, 0, request.head, written);
}

/* It says what is not so: an index, an id, a length. */
static void device_lie(void)
{
    struct model_queue *its = &machine.queues[0];
    unsigned how = next_byte();
    if (!its->ready)
        return;
    device_is_hostile = device_is_blind = true;
    if (how < 128)
        model_push(&machine, 0, (uint16_t)(how & 64 ? how : next_word()), next_word());
    else
        its->pushed += (uint16_t)next_byte();
}

/* It writes where it likes, as devices can. */
static void device_scribble(void)
{
    unsigned which = next_byte() % machine.region_count;
    size_t place = next_word() % (machine.regions[which].size - 4);
    uint32_t word = next_byte() & 1 ? next_word() : next_byte();
    device_is_hostile = device_is_blind = true;
    memcpy(machine.regions[which].bytes + place, &word, 4);
}

static void device_reconfigure(void)
{
    device_is_hostile = true;
    machine.config[next_byte()] = (uint8_t)next_byte();
    machine.config_changes = next_byte();
    if (!(machine.status & 4))
        return;
    if (next_byte() == 255)
        model_needs_reset(&machine);
    else
        model_configuration_changed(&machine);
}

/* ---- The server's loop, and the whole. ------------------------------------------------------- */

static void interrupt(void)
{
    bool asks_for_reset = (machine.status & 64) && (machine.interrupts & 2);
    int result = device_interrupt();
    require((result == 0) == !fault && !(asks_for_reset && result == 0));
    if (result == 0)
        result = requests_end();
    require(result == 0 || (result == -EPROTO && device_is_hostile));
    driver_has_ended = result < 0;
    while (!driver_has_ended && !requests_pump())
        continue;
}

static void step(void)
{
    unsigned what = next_byte(), who = what / 16 % SIDES;
    static void (*const of_client[])(unsigned) = {
        client_put, client_put, client_kick, client_take, client_ask_attach,
    };
    static void (*const of_device[])(void) = {
        device_pop, device_pop, device_finish, device_finish, interrupt, interrupt,
    };
    if (what >= 252)
        client_leave(who);
    else if (what >= 248)
        client_scribble(who);
    else if (what >= 246)
        device_lie();
    else if (what >= 244)
        device_scribble();
    else if (what >= 242)
        device_reconfigure();
    else if (what % 16 < 5)
        of_client[what % 16](who);
    else if (what % 16 < 11)
        of_device[what % 16 - 5]();
    else
        client_put(who);
}

static bool is_settled(void)
{
    bool all = held == 0;
    for (unsigned i = 0; i < SIDES; i++)
        for (unsigned cookie = 0; cookie < PENDING && sides[i].is_attached; cookie++)
            all = all && (sides[i].is_hostile || sides[i].expected[cookie] == 1);
    return all;
}

/* Everybody does what is left to do: then nothing is. */
static void finish(void)
{
    for (unsigned round = 0; round < 4 * PENDING && !driver_has_ended; round++) {
        for (unsigned i = 0; i < SIDES; i++) {
            client_kick(i);
            client_take(i);
        }
        device_pop();
        if (held > 0)
            device_finish();
        interrupt();
        if (round % 64 == 0 && (device_is_hostile || is_settled()))
            return;
    }
    require(driver_has_ended || is_settled());
}

/* What a successor has to know: who is attached, and of nobody else's but what is in flight. */
static void check_records(void)
{
    unsigned count = 0, expected = 0;
    for (unsigned i = 0; i < MACHINE_RECORDS; i++)
        count += machine_records[i] != 0;
    for (unsigned i = 1; i <= SIDES; i++) {
        bool is_here = client_find(i) != NULL, is_there = machine_record(i) != NULL;
        require(is_there || !is_here);
        require(is_there == (machine_record(i | CLIENT_KEY_REGION) != NULL));
        expected += is_there ? 2 : 0;
    }
    require(count == expected && (device_is_hostile || !driver_has_ended));
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        require(clients[i].key == 0 || machine_record(clients[i].key) != NULL);
}

static void make_device(void)
{
    unsigned kind = next_byte();
    uint64_t offered =
        (uint64_t)(kind & 0x30) << 24 | (uint64_t)next_byte() << 9 | VIRTIO_VERSION_1;
    offered |= kind & 1 ? FEATURE_READ_ONLY : 0;
    machine_begin(1 + (kind >> 1 & 1), VIRTIO_BLOCK, offered);
    machine.queues[0].max = 4u << (kind >> 2 & 3);
    memcpy(machine.config, &(uint64_t){CAPACITY}, 8);
    memcpy(machine.config + 36, &(uint32_t){8}, 4);
    memcpy(machine.config + 48, &(uint32_t){16}, 4);
    if (kind & 0x40) {
        device_is_hostile = true;
        machine.offered |= next_word();
        machine.queues[0].max = next_byte();
        for (unsigned i = 0; i < 64; i++)
            machine.config[i] = (uint8_t)next_byte();
    }
}

static void begin_anew(void)
{
    machine_restart_driver();
    memset(sides, 0, sizeof(sides));
    held = attaches = 0;
    device_is_hostile = device_is_blind = driver_has_ended = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    anser_handle memory;
    input_bytes = bytes;
    input_size = size;
    begin_anew();
    make_device();
    int result = device_open("disk0", &memory);
    require(result == 0 || device_is_hostile);
    if (result == 0) {
        clients_init(memory);
        while (input_size > 0 && !driver_has_ended)
            step();
        finish();
        check_records();
    }
    virtq_end(&queue);
    machine_end();
    return 0;
}
