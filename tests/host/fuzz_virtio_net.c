/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: the network's driver between clients and a device, of whom any may be hostile. The
 * input is a row of steps of all of them. Whatever happens, nothing outside is touched, and the
 * device is given no memory but a client's buffers and no wish that makes no sense. While all are
 * honest, each frame arrives as it was sent, at whom it is for, no buffer is lost, and nobody
 * waits for something that has happened. A device that does what cannot be ends the driver.
 */
/* sources: lib/virtio.c lib/virtq.c lib/ring.c tests/host/virtio_model.c */
/* includes: tests/host/doubles lib */
#include "fuzz_input.h"
#include "net_driver.h"

#define SIDES     3
#define ATTACHES  60 /* in a run */
#define HELD_MOST 512
#define OTHER     0x020000000033 /* somebody else's address */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The machine's own: nothing of the driver decides over it. */
static struct side {
    bool is_attached, is_hostile, must_kick;
    uint32_t mode, ethertype;
    uint8_t *area;
    struct netif_attached about;
    uint32_t send_size;
    struct ring received, lend, send, sent; /* the client's ends */
    bool lent[NETIF_BUFFERS_MAX];           /* for receiving: with the server */
    bool flying[NETIF_BUFFERS_MAX];         /* for sending: with the server */
} sides[SIDES];

static struct model_request held[HELD_MOST]; /* by the device, to be sent */
static unsigned held_count, resets;
static bool device_is_hostile, device_is_blind, somebody_is_hostile;
static unsigned attaches;
static struct {
    unsigned side;
    uint32_t begin;         /* of its buffers for sending */
} owners[ATTACHES * 3 + 8]; /* of the n-th piece of DMA memory */

/* ---- Frames. --------------------------------------------------------------------------------- */

/* 14 bytes of header, then bytes that follow from the first of them. */
static void make_frame(uint8_t *frame, uint32_t length, unsigned shape)
{
    const uint64_t to[] = {device.address, 0xffffffffffff, OTHER, device.address};
    memcpy(frame, &to[shape % 4], 6);
    memcpy(frame + 6, &device.address, 6);
    frame[12] = 8;
    frame[13] = (uint8_t)(shape >> 2 & 3);
    for (uint32_t i = 14; i < length; i++)
        frame[i] = (uint8_t)(shape + i);
}

static void check_frame(const struct side *side, const uint8_t *frame, uint32_t length)
{
    require(length >= 14);
    uint64_t to = frame_address(frame);
    if (side->mode != NETIF_MODE_PROMISCUOUS)
        require((to & 1) || to == device.address);
    if (side->mode == NETIF_MODE_ETHERTYPE)
        require(frame_ethertype(frame) == side->ethertype);
    /* A checksum that the sender wished may stand in it: two bytes, three steps. */
    unsigned steps = 0;
    for (uint32_t i = 15; i < length; i++)
        steps += frame[i] != (uint8_t)(frame[i - 1] + 1);
    require(steps <= 3);
}

/* ---- Clients. -------------------------------------------------------------------------------- */

static uint64_t badge_of(unsigned i)
{
    return (i + 1) | (i == 2 ? INIT_BADGE_CONTROL : 0);
}

/* The server may have put it out; here its memory has gone then. */
static bool has_area(unsigned i)
{
    return sides[i].is_attached && client_find(badge_of(i));
}

static void begin_side(struct side *side, uint32_t receive, uint32_t send)
{
    const size_t head = sizeof(struct ring_shared), entry = sizeof(struct netif_frame);
    const struct netif_attached *about = &side->about;
#define RING(at) (struct ring_shared *)(side->area + (at)), side->area + (at) + head
    ring_begin_taker(&side->received, RING(about->received), receive, entry);
    ring_begin_putter(&side->lend, RING(about->lend), receive, entry);
    ring_begin_putter(&side->send, RING(about->send), send, entry);
    ring_begin_taker(&side->sent, RING(about->sent), send, entry);
#undef RING
    for (uint32_t buffer = 0; buffer < receive; buffer++)
        side->lent[buffer] = true;
}

static void client_ask_attach(unsigned i)
{
    struct side *side = &sides[i];
    unsigned shape = next_byte();
    struct netif_attach wanted = {
        .type = NETIF_ATTACH,
        .mode = i == 2 ? NETIF_MODE_PROMISCUOUS : 1 + (shape & 1),
        .ethertype = 0x800 + (shape >> 1 & 1),
        .receive = 1u << (shape >> 2) % 6,
        .send = 1u << (shape >> 4) % 4,
        .buffer_size = shape & 0x80 ? 65536 : 2048,
        .wants = next_byte() & 31,
    };
    uint8_t room[NETIF_ELEMENT];
    struct serve_request request = {
        .badge = badge_of(i), .data = &wanted, .length = sizeof(wanted), .answer = room};
    if (attaches++ >= ATTACHES)
        return;
    request.handle_count = 1;
    request.handles[0] = shape & 64 ? MACHINE_SIGNAL : MACHINE_CHANNEL;
    int64_t status = handle_attach(NULL, &request);
    *side = (struct side){.is_attached = status == 0};
    if (status != 0)
        return;
    memcpy((uint8_t *)&side->about + 8, room, sizeof(side->about) - 8);
    struct client *client = client_find(badge_of(i));
    side->area = client->region.memory;
    side->mode = wanted.mode;
    side->ethertype = wanted.ethertype;
    side->send_size = wanted.buffer_size;
    require(side->about.size == client->region.size);
    require(side->about.send_buffers + wanted.send * wanted.buffer_size <= side->about.size);
    uint64_t nth = (client->region.physical - MACHINE_PHYSICAL) / MACHINE_STRIDE;
    owners[nth].side = i;
    owners[nth].begin = side->about.send_buffers;
    begin_side(side, wanted.receive, wanted.send);
}

/* Wishes for the device, that may or may not make sense. */
static void wish(struct netif_frame *frame, unsigned shape)
{
    if (shape % 8 > 2)
        return;
    frame->flags = NETIF_SUM_NEEDED;
    frame->sum_start = (uint16_t)(14 + shape / 8);
    frame->sum_offset = (uint16_t)next_byte();
    frame->segment = (uint16_t)(shape % 8 == 1 ? NETIF_SEGMENT_TCP4 : shape % 8 * 2);
    frame->segment_size = (uint16_t)next_byte();
    frame->header_size = (uint16_t)next_byte();
    if (next_byte() == 255)
        frame->segment = (uint16_t)next_word();
}

static void client_put(unsigned i)
{
    struct side *side = &sides[i];
    unsigned shape = next_byte();
    if (!has_area(i) || ring_ready(&side->send) <= 0)
        return;
    struct netif_frame frame = {
        .buffer = (uint16_t)(next_byte() % side->send.size),
        .offset = (uint16_t)(shape >> 4),
        .length = 14 + next_byte() * 2u,
    };
    if (side->flying[frame.buffer])
        return;
    if (shape == 0xfe)
        frame.length = next_word();
    uint8_t *buffer = side->area + side->about.send_buffers + frame.buffer * side->send_size;
    if (frame.length <= side->send_size - frame.offset)
        make_frame(buffer + frame.offset, frame.length, shape);
    wish(&frame, next_byte());
    memcpy(ring_entry(&side->send, 0), &frame, sizeof(frame));
    side->flying[frame.buffer] = true;
    side->must_kick |= ring_advance(&side->send, 1);
}

static void take_sent(struct side *side)
{
    struct netif_frame frame;
    while (ring_ready(&side->sent) > 0) {
        memcpy(&frame, ring_entry(&side->sent, 0), sizeof(frame));
        ring_advance(&side->sent, 1);
        if (side->is_hostile || device_is_blind)
            continue;
        require(frame.buffer < side->send.size && side->flying[frame.buffer]);
        side->flying[frame.buffer] = false;
    }
}

static void take_received(struct side *side)
{
    struct netif_frame frame;
    if (ring_ready(&side->received) <= 0)
        return;
    memcpy(&frame, ring_entry(&side->received, 0), sizeof(frame));
    ring_advance(&side->received, 1);
    if (side->is_hostile || device_is_blind)
        return;
    uint32_t size = side->about.receive_buffer_size;
    require(frame.buffer < side->received.size && side->lent[frame.buffer]);
    require(frame.offset <= size && frame.length <= size - frame.offset);
    const uint8_t *bytes = side->area + side->about.receive_buffers + frame.buffer * size;
    if (!somebody_is_hostile && !device_is_hostile && !(frame.flags & NETIF_MORE) &&
        !(side->about.flags & NETIF_LARGE) && frame.rest == 0 && !(frame.flags & NETIF_OUTGOING))
        check_frame(side, bytes + frame.offset, frame.length);
    side->lent[frame.buffer] = false;
}

static void client_lend(unsigned i)
{
    struct side *side = &sides[i];
    if (!has_area(i) || ring_ready(&side->lend) <= 0)
        return;
    for (unsigned buffer = 0; buffer < side->received.size; buffer++) {
        struct netif_frame frame = {.buffer = (uint16_t)buffer};
        if (side->lent[buffer])
            continue;
        side->lent[buffer] = true;
        memcpy(ring_entry(&side->lend, 0), &frame, sizeof(frame));
        side->must_kick |= ring_advance(&side->lend, 1);
        return;
    }
}

static void client_take(unsigned i)
{
    if (!has_area(i))
        return;
    take_sent(&sides[i]);
    take_received(&sides[i]);
}

static void client_kick(unsigned i)
{
    struct serve_request request = {.badge = badge_of(i)};
    if (!has_area(i))
        return;
    sides[i].must_kick = false;
    int64_t result = handle_kick(NULL, &request);
    require(result == 0 || (result == -EPROTO && (sides[i].is_hostile || device_is_blind)));
    sides[i].is_attached = result == 0;
}

/* It writes anywhere into what it shares with the server. */
static void client_scribble(unsigned i)
{
    struct side *side = &sides[i];
    if (!has_area(i))
        return;
    side->is_hostile = somebody_is_hostile = true;
    size_t place = next_byte() * 4u + next_byte() * 256u;
    uint32_t word = next_byte() & 1 ? next_word() : next_byte();
    memcpy(side->area + place % (side->about.size - 4), &word, 4);
}

static void client_leave(unsigned i)
{
    sides[i].is_attached = false;
    handle_gone(NULL, badge_of(i));
}

/* ---- The device. ----------------------------------------------------------------------------- */

static uint64_t physical_of(const uint8_t *bytes, uint64_t *nth)
{
    for (unsigned i = 0; i < machine.region_count; i++) {
        size_t offset = (size_t)(bytes - machine.regions[i].bytes);
        if (bytes < machine.regions[i].bytes || offset >= machine.regions[i].size)
            continue;
        *nth = (machine.regions[i].physical - MACHINE_PHYSICAL) / MACHINE_STRIDE;
        return offset;
    }
    abort();
}

static bool may(uint64_t feature)
{
    return machine.accepted & feature;
}

/* What is to be sent: the server's header, and bytes of a buffer for sending. */
static void check_sent(const struct model_request *request)
{
    struct net_header header = {0};
    uint64_t nth;
    require(request->count == 2 && request->room == 0);
    uint32_t length = request->segments[1].length;
    require(request->segments[0].length == device.header_length);
    memcpy(&header, request->segments[0].bytes, request->segments[0].length);
    physical_of(request->segments[0].bytes, &nth);
    require(nth == 0);
    require(physical_of(request->segments[1].bytes, &nth) >= owners[nth].begin && nth > 0 &&
            owners[nth].begin > 0);
    require(length >= 14 && length <= 65535 + 14);
    if (device_is_blind)
        return;
    if (header.flags)
        require(header.flags == 1 && may(NET_CSUM) &&
                header.sum_start + header.sum_offset + 2u <= length);
    if (header.segment)
        require(header.flags && header.segment_size && header.header_size < length &&
                may(header.segment == 1 ? NET_HOST_TSO4 : NET_HOST_TSO6));
}

/* A device that was reset has forgotten what it held. */
static void forget(void)
{
    if (machine.resets != resets)
        held_count = 0;
    resets = machine.resets;
}

static void device_send(void)
{
    forget();
    if (device_is_blind || held_count == HELD_MOST || !machine.queues[1].ready ||
        !model_pop(&machine, 1, &held[held_count]))
        return;
    check_sent(&held[held_count++]);
    model_hush(&machine, 1, false);
}

static void device_sent(void)
{
    unsigned which = next_byte();
    forget();
    if (held_count == 0)
        return;
    held_count--;
    struct model_request request = held[which % (held_count + 1)];
    held[which % (held_count + 1)] = held[held_count];
    model_push(&machine, 1, request.head, 0);
}

/* Bytes into the segments of a request, from the `skip`-th on. */
static void fill(const struct model_request *request, const uint8_t *bytes, uint32_t length)
{
    for (unsigned i = 0; i < request->count && length > 0; i++) {
        uint32_t part = request->segments[i].length < length ? request->segments[i].length : length;
        memcpy(request->segments[i].bytes, bytes, part);
        bytes += part;
        length -= part;
    }
}

/* A frame comes, in one buffer. */
static void device_receive(void)
{
    struct model_request request;
    static uint8_t bytes[12 + 4096];
    unsigned shape = next_byte(), length = 14 + next_byte() * 8, header = device.header_length;
    if (device_is_blind || !machine.queues[0].ready || !model_pop(&machine, 0, &request))
        return;
    require(request.segments[0].writes);
    model_hush(&machine, 0, false);
    if (length > request.room - header)
        length = (uint32_t)request.room - header;
    memset(bytes, 0, header);
    bytes[header - 2] = header == 12;
    if (may(NET_GUEST_CSUM))
        bytes[0] = shape & 64 ? NET_HEADER_SUM_GOOD : 0;
    make_frame(bytes + header, length, shape);
    fill(&request, bytes, header + length);
    model_push(&machine, 0, request.head, header + length);
}

/* It says what is not so: an index, an id, a length, a header. */
static void device_lie(void)
{
    unsigned how = next_byte(), which = how & 1;
    if (!machine.queues[which].ready)
        return;
    device_is_hostile = device_is_blind = true;
    if (how < 160)
        model_push(&machine, which, (uint16_t)(how & 64 ? how : next_word()), next_word());
    else
        machine.queues[which].pushed += (uint16_t)next_byte();
    machine.interrupts |= 1;
}

/* By the rules, but for what stands in the buffer, and how much of it. */
static void device_mislead(void)
{
    struct model_request request;
    uint8_t bytes[64];
    if (device_is_blind || !machine.queues[0].ready || !model_pop(&machine, 0, &request))
        return;
    device_is_hostile = true;
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)next_byte();
    fill(&request, bytes, sizeof(bytes));
    uint32_t written = next_byte() & 1 ? next_word() % ((uint32_t)request.room + 1) : next_byte();
    model_push(&machine, 0, request.head, written);
}

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
    if (!(machine.status & 4))
        return;
    if (next_byte() == 255) {
        device_is_hostile = true;
        model_needs_reset(&machine);
        return;
    }
    machine.config[6] = next_byte() & 1; /* the link */
    if (next_byte() == 255) {
        device_is_hostile = true;
        machine.config[next_byte()] = (uint8_t)next_byte();
        machine.config_changes = next_byte();
    }
    model_configuration_changed(&machine);
}

/* ---- The server's loop, and the whole. ------------------------------------------------------- */

static void interrupt(void)
{
    struct serve_event event = {0};
    bool asks_for_reset = (machine.status & 64) && (machine.interrupts & 2);
    if (machine.interrupts == 0)
        return;
    handle_interrupt(NULL, &event);
    require(!asks_for_reset);
}

static void go_on(void)
{
    struct serve_event event = {0};
    if (!timer_is_set)
        return;
    timer_is_set = false;
    handle_timer(NULL, &event);
}

static void step(void)
{
    unsigned what = next_byte(), who = what / 16 % SIDES;
    static void (*const of_client[])(unsigned) = {
        client_put, client_lend, client_kick, client_take, client_take, client_ask_attach,
    };
    static void (*const of_device[])(void) = {
        device_send, device_sent, device_receive, device_receive, interrupt, go_on,
    };
    static void (*const rare[])(void) = {
        device_lie,
        device_scribble,
        device_reconfigure,
        device_mislead,
    };
    if (what >= 252)
        client_leave(who);
    else if (what >= 250)
        client_scribble(who);
    else if (what >= 242)
        rare[what % 4]();
    else if (what % 16 < 6)
        of_client[what % 16](who);
    else if (what % 16 < 12)
        of_device[what % 16 - 6]();
    else
        client_put(who);
}

/* Nobody does more than what he was told to: and all that came has been taken. */
static void settle(void)
{
    for (unsigned round = 0; round < 4096; round++) {
        bool idle = machine.interrupts == 0 && !timer_is_set;
        interrupt();
        go_on();
        for (unsigned i = 0; i < SIDES; i++) {
            idle = idle && !(has_area(i) && sides[i].must_kick);
            if (sides[i].must_kick)
                client_kick(i);
        }
        if (idle)
            return;
    }
    abort();
}

static unsigned count_of(const bool *flags)
{
    unsigned count = 0;
    for (unsigned i = 0; i < NETIF_BUFFERS_MAX; i++)
        count += flags[i];
    return count;
}

static void check_buffers(unsigned i)
{
    const struct client *client = client_find(badge_of(i));
    struct side *side = &sides[i];
    if (!has_area(i))
        return;
    for (unsigned buffer = 0; buffer < side->received.size + 1; buffer++)
        client_take(i);
    client_kick(i);
    client_take(i);
    require(count_of(side->flying) == 0);
    uint32_t not_collected = side->lend.mine - *side->lend.their_count;
    require(count_of(side->lent) ==
            client->buffers.idle_count + client->buffers.posted + not_collected);
}

static void finish(void)
{
    settle();
    if (device_is_hostile || somebody_is_hostile)
        return;
    require((uint16_t)device.receive.taken == machine.queues[0].pushed);
    /* A queue of two entries takes one frame at a time. */
    for (unsigned i = 0; i < 64; i++) {
        device_send();
        device_sent();
        settle();
    }
    for (unsigned i = 0; i < SIDES; i++)
        check_buffers(i);
}

static void make_device(void)
{
    static const uint8_t address[6] = {2, 0, 0, 0, 0, 0x11};
    unsigned kind = next_byte(), more = next_byte();
    uint64_t offered = VIRTIO_VERSION_1 | VIRTIO_ANY_LAYOUT | NET_MAC | NET_STATUS;
    offered |= (uint64_t)(kind & 3) << VIRTQ_INDIRECT_DESC;
    offered |= more & 1 ? NET_CSUM | NET_HOST_TSO4 | NET_HOST_TSO6 : 0;
    offered |= more & 2 ? NET_GUEST_CSUM : 0;
    offered |= more & 4 ? NET_GUEST_TSO4 | NET_MRG_RXBUF : 0;
    offered &= more & 8 ? ~VIRTIO_ANY_LAYOUT : ~UINT64_C(0);
    machine_begin(1 + (kind >> 2 & 1), VIRTIO_NETWORK, offered);
    machine.queues[0].max = machine.queues[1].max = 2u << (kind >> 3 & 7);
    memcpy(machine.config, address, sizeof(address));
    machine.config[6] = 1;
    if (kind & 0x40) {
        device_is_hostile = true;
        machine.offered ^= next_word();
        machine.queues[0].max = next_byte();
        for (unsigned i = 0; i < 32; i++)
            machine.config[i] = (uint8_t)next_byte();
    }
}

static void begin_anew(void)
{
    machine_restart_driver();
    memset(sides, 0, sizeof(sides));
    memset(owners, 0, sizeof(owners));
    held_count = attaches = 0;
    device_is_hostile = device_is_blind = somebody_is_hostile = false;
    timer_is_set = false;
}

static void run(void)
{
    static char *arguments[] = {"net0", NULL};
    if (setjmp(end_of_driver)) {
        if (!device_is_hostile) {
            fprintf(stderr, "an honest device, and yet: %s\n", last_words);
            abort();
        }
        return;
    }
    require(driver_main(1, arguments) == 0);
    while (input_size > 0)
        step();
    finish();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    input_bytes = bytes;
    input_size = size;
    begin_anew();
    make_device();
    run();
    virtq_end(&device.receive);
    virtq_end(&device.send);
    machine_end();
    return 0;
}
