/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of net0 that breaks every rule of <anser/netif.h>, without the right to see all frames.
 * Each time the server says what is wrong, and goes on serving others.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "memory.h"
#include "names.h"
#include "netif.h"
#include "tap.h"

#define COUNT 16 /* buffers of each direction */

static struct channel notice;
static const struct netif_attach usual = {.type = NETIF_ATTACH,
                                          .mode = NETIF_MODE_ETHERTYPE,
                                          .ethertype = 0x88b7,
                                          .receive = COUNT,
                                          .send = COUNT,
                                          .buffer_size = 2048};

/* ---- Requests. ------------------------------------------------------------------------------- */

static int64_t request(anser_handle server, const void *data, size_t length, anser_handle handle)
{
    int64_t answer[8] = {0};
    struct channel_out out = {.data = data, .length = length};
    struct channel_in in = {.data = answer, .capacity = sizeof(answer)};
    if (handle > 0) {
        out.handle_count = 1;
        out.handles[0] = handle;
    }
    int error = channel_call(server, &out, &in, clock_after(20000));
    for (unsigned i = 0; i < in.handle_count && error == 0; i++)
        handle_close(in.handles[i]);
    return error < 0 ? error - 1000 : answer[0];
}

static int64_t ask(anser_handle server, uint64_t type, uint64_t index)
{
    uint64_t words[2] = {type, index};
    return request(server, words, sizeof(words), 0);
}

static int64_t attach(anser_handle server, const struct netif_attach *wanted)
{
    return request(server, wanted, sizeof(*wanted), handle_duplicate(notice.send));
}

/* Somebody else, as far as the server can tell. */
static anser_handle another(void)
{
    anser_handle handle = names_lookup("net0");
    if (handle < 0)
        TEST(false, "net0 is looked up: %d", (int)handle);
    return handle;
}

/* Those who left keep their places until what they sent is out. */
static void begin(struct netif *netif)
{
    anser_handle server = another();
    int error = netif_open(netif, server, notice.send, &usual);
    for (unsigned i = 0; error == -EMFILE && i < 2000; i++) {
        clock_sleep(10);
        error = netif_open(netif, server, notice.send, &usual);
    }
    if (error < 0)
        TEST(false, "a client attaches: %d", error);
}

static void end(struct netif *netif)
{
    netif_close(netif);
    handle_close(netif->server);
}

static int64_t kick(const struct netif *netif)
{
    return ask(netif->server, NETIF_KICK, 0);
}

/* ---- Attaching. ------------------------------------------------------------------------------ */

static void test_attach(void)
{
    anser_handle server = another();
    struct netif_attach wanted;
#define REFUSED(error, what, ...)                                                                  \
    wanted = usual;                                                                                \
    __VA_ARGS__;                                                                                   \
    TEST(attach(server, &wanted) == (error), "attach: " what)
    REFUSED(-EINVAL, "no buffers to receive", wanted.receive = 0);
    REFUSED(-EINVAL, "three of them", wanted.receive = 3);
    REFUSED(-EINVAL, "too many", wanted.receive = 2 * NETIF_BUFFERS_MAX);
    REFUSED(-EINVAL, "2^31 to send", wanted.send = 1u << 31);
    REFUSED(-EINVAL, "small buffers", wanted.buffer_size = 1024);
    REFUSED(-EINVAL, "huge buffers", wanted.buffer_size = 131072);
    REFUSED(-EINVAL, "no mode", wanted.mode = 0);
    REFUSED(-EINVAL, "a mode that is none", wanted.mode = 4);
    REFUSED(-EINVAL, "an EtherType of 17 bits", wanted.ethertype = 0x10800);
    REFUSED(-EPERM, "all frames, without the right", wanted.mode = NETIF_MODE_PROMISCUOUS);
    REFUSED(-ENOMEM, "a region beyond all limits", wanted.send = 1024; wanted.buffer_size = 65536);
#undef REFUSED
    wanted = usual;
    TEST(request(server, &wanted, sizeof(wanted), 0) == -EINVAL, "attach: without a handle");
    TEST(request(server, &wanted, sizeof(wanted), memory_create_pages(4096)) == -EINVAL,
         "attach: with pages to be told by");
    TEST(request(server, &wanted, 16, 0) == -EINVAL, "attach: too short");
    TEST(ask(server, NETIF_KICK, 0) == -ESTALE, "kick: not attached");
    TEST(ask(server, NETIF_DETACH, 0) == -ESTALE, "detach: not attached");
    TEST(ask(server, NETIF_STATISTICS, 1) == -ESTALE, "own counters: not attached");
    TEST(ask(server, NETIF_STATISTICS, 2) == -EINVAL, "counters of nobody");
    TEST(ask(server, 0x8ff, 0) == -ENOSYS, "no such request");
    handle_close(server);
}

static void test_places(void)
{
    anser_handle servers[NETIF_CLIENTS_MAX + 1];
    struct netif_attach wanted = usual;
    for (unsigned round = 0; round < 3; round++) {
        bool attached = true;
        for (unsigned i = 0; i < NETIF_CLIENTS_MAX; i++) {
            servers[i] = another();
            wanted.ethertype = 0x9000 + i;
            attached = attach(servers[i], &wanted) == 0 && attached;
        }
        TEST(attached, "as many clients as there are places");
        servers[NETIF_CLIENTS_MAX] = another();
        TEST(attach(servers[NETIF_CLIENTS_MAX], &wanted) == -EBUSY, "an EtherType that is taken");
        wanted.ethertype = 0x9100;
        TEST(attach(servers[NETIF_CLIENTS_MAX], &wanted) == -EMFILE, "one client too many");
        TEST(attach(servers[0], &wanted) == 0, "who is attached may do so again");
        for (unsigned i = 0; i <= NETIF_CLIENTS_MAX; i++)
            handle_close(servers[i]);
    }
}

static void test_default(void)
{
    struct netif_attach wanted = usual;
    anser_handle one = another(), two = another();
    wanted.mode = NETIF_MODE_DEFAULT;
    TEST(attach(one, &wanted) == 0, "a default client");
    TEST(attach(two, &wanted) == -EBUSY, "a second one");
    handle_close(one);
    TEST(attach(two, &wanted) == 0, "the first one's end makes room");
    TEST(ask(two, NETIF_DETACH, 0) == 0, "it leaves");
    handle_close(two);
}

/* ---- Rings. ---------------------------------------------------------------------------------- */

static struct ring_shared *shared(const struct netif *netif, uint32_t offset)
{
    return (struct ring_shared *)(netif->region->memory + offset);
}

/* The server ends whoever writes this; nobody else is hurt. */
static void expect_end(struct netif *netif, const char *what)
{
    TEST(kick(netif) == -EPROTO, "%s: EPROTO", what);
    TEST(kick(netif) == -ESTALE, "%s: attached no more", what);
    end(netif);
}

static void test_counts(void)
{
    static struct netif netif;
    begin(&netif);
    shared(&netif, netif.attached.send)->put = 0x80000000;
    expect_end(&netif, "send: a count that cannot be");
    begin(&netif);
    shared(&netif, netif.attached.send)->put = COUNT + 1;
    expect_end(&netif, "send: one entry too many");
    begin(&netif);
    shared(&netif, netif.attached.send)->put = UINT32_MAX;
    expect_end(&netif, "send: a count that goes back");
}

static void put_entry(struct netif *netif, const struct netif_frame *frame)
{
    netif_send(netif, frame);
}

static void test_entries(void)
{
    static struct netif netif;
    struct netif_frame frame = {.buffer = COUNT, .length = 60};
    begin(&netif);
    put_entry(&netif, &frame);
    TEST(netif_flush(&netif) == -EPROTO, "send: a buffer that is none");
    end(&netif);
    begin(&netif);
    frame.buffer = 3;
    put_entry(&netif, &frame);
    put_entry(&netif, &frame);
    TEST(netif_flush(&netif) == -EPROTO, "send: a buffer twice");
    end(&netif);
}

static void test_frames(void)
{
    static struct netif netif;
    static const struct netif_frame wrong[] = {
        {.length = 13},
        {.length = 0},
        {.length = 2049},
        {.length = UINT32_MAX},
        {.length = 60, .offset = 2000},
        {.length = UINT32_MAX - 10, .offset = 60},
        {.length = 1800},
        {.length = 60, .flags = NETIF_SUM_NEEDED, .sum_start = 34, .sum_offset = 6},
        {.length = 60, .segment = NETIF_SEGMENT_TCP4, .segment_size = 10, .header_size = 54},
        {.length = 60, .segment = 99},
    };
    const unsigned count = sizeof(wrong) / sizeof(wrong[0]);
    struct netif_statistics counters;
    begin(&netif);
    for (unsigned i = 0; i < count; i++) {
        struct netif_frame frame = wrong[i];
        if (netif_buffer(&netif, &frame.buffer))
            put_entry(&netif, &frame);
    }
    TEST(netif_flush(&netif) == 0, "frames that cannot be do not end their client");
    TEST(netif_count(&netif, 1, &counters) == 0 && counters.errors == count && counters.sent == 0,
         "each of them is counted: %u", (unsigned)counters.errors);
    unsigned back = 0;
    uint16_t buffer;
    while (netif_buffer(&netif, &buffer))
        back++;
    TEST(back == COUNT, "their buffers come back: %u", back);
    end(&netif);
}

static void test_lending(void)
{
    static struct netif netif;
    struct netif other;
    begin(&netif);
    /* Frames reach it from another client on this machine; then it looks at what was lent. */
    for (unsigned i = 0; i < 2; i++) {
        struct netif_attach wanted = usual;
        wanted.ethertype = 0x9200;
        if (netif_open(&other, another(), notice.send, &wanted) < 0)
            TEST(false, "the other client attaches");
        struct netif_frame *entry =
            (struct netif_frame *)(netif.region->memory + netif.attached.lend +
                                   sizeof(struct ring_shared));
        entry->buffer = i == 0 ? 0 : 65535;
        shared(&netif, netif.attached.lend)->put = 1;
        for (unsigned sent = 0; sent < COUNT + 2; sent++) {
            struct netif_frame frame = {.length = 60};
            uint8_t *bytes = netif_buffer(&other, &frame.buffer);
            if (!bytes)
                break;
            memcpy(bytes, other.info.address, 6);
            bytes[12] = 0x88;
            bytes[13] = 0xb7;
            netif_send(&other, &frame);
            netif_flush(&other);
        }
        TEST(kick(&netif) < 0 || i == 0, "lend: %s", i ? "a buffer that is none" : "to begin with");
        end(&other);
        end(&netif);
        begin(&netif);
    }
    end(&netif);
}

/* ---- Chance. --------------------------------------------------------------------------------- */

static uint64_t chance_state = 88172645463325252u;

static uint64_t chance(void)
{
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return chance_state;
}

/* Anything, anywhere in the rings. */
static void test_chance(void)
{
    static struct netif netif;
    unsigned ends = 0;
    begin(&netif);
    for (unsigned round = 0; round < 3000; round++) {
        for (unsigned i = 0; i < 4; i++) {
            uint32_t *words = (uint32_t *)netif.region->memory;
            uint32_t at = (uint32_t)(chance() % (netif.attached.receive_buffers / 4));
            words[at] = (uint32_t)(chance() % 3 ? chance() % 40 : chance());
        }
        int64_t status = kick(&netif);
        if (status == 0)
            continue;
        if (status != -EPROTO && status != -ESTALE)
            TEST(false, "a kick after anything: %d", (int)status);
        ends++;
        end(&netif);
        begin(&netif);
    }
    TEST(ends > 10, "random rings: the client was ended %u times", ends);
    end(&netif);
}

/* A default client at the same time whose frames go round on this machine. */
static void test_others(void)
{
    static struct netif good, friend;
    struct netif_attach wanted = usual;
    unsigned came = 0;
    wanted.mode = NETIF_MODE_DEFAULT;
    if (netif_open(&good, another(), notice.send, &wanted) < 0)
        TEST(false, "the default client attaches");
    begin(&friend);
    for (unsigned i = 0; i < 100; i++) {
        struct netif_frame frame = {.length = 60 + i};
        uint8_t *bytes = netif_buffer(&good, &frame.buffer);
        memset(bytes, (int)i, frame.length);
        memcpy(bytes, good.info.address, 6);
        bytes[12] = 0x88;
        bytes[13] = 0xb7;
        netif_send(&good, &frame);
        netif_flush(&good);
        if (netif_receive(&friend, &frame) != 1)
            continue;
        bytes = netif_frame_bytes(&friend, &frame);
        came += frame.length == 60 + i && bytes[20] == i && bytes[59 + i] == i;
        netif_lend(&friend, friend.region, frame.buffer);
        netif_flush(&friend);
    }
    TEST(came == 100, "frames from client to client arrive: %u", came);
    end(&friend);
    end(&good);
}

/* In flight when their client ends: the server keeps the memory until they are out. */
static void test_leaving(void)
{
    static struct netif netif;
    struct netif_statistics counters;
    anser_handle server = another();
    for (unsigned round = 0; round < 50; round++) {
        begin(&netif);
        for (unsigned i = 0; i < COUNT; i++) {
            struct netif_frame frame = {.length = 1514};
            uint8_t *bytes = netif_buffer(&netif, &frame.buffer);
            memset(bytes, 0xff, 14);
            netif_send(&netif, &frame);
        }
        netif_flush(&netif);
        memory_unmap(netif.region->memory, netif.region->size);
        handle_close(netif.server);
    }
    int64_t answer = ask(server, NETIF_STATISTICS, 0);
    struct netif asker = {.server = server};
    TEST(answer == 0 && netif_count(&asker, 0, &counters) == 0 && counters.sent >= 50 * COUNT,
         "clients that end while they send: %lu frames, and %lu that could not be",
         (unsigned long)counters.sent, (unsigned long)counters.errors);
    TEST(counters.errors >= 10, "the server is the one that began");
    handle_close(server);
}

int main(void)
{
    channel_create_signal(&notice);
    test_attach();
    test_places();
    test_default();
    test_counts();
    test_entries();
    test_frames();
    test_lending();
    test_chance();
    test_others();
    test_leaving();
    return tap_done();
}
