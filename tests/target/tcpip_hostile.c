/* SPDX-License-Identifier: BSD-2-Clause */
/* services: all */
/* smp: 1 2 */
/*
 * A client of the TCP/IP server that breaks the rules of <anser/socket.h>: requests that cannot be,
 * and rings that hold what cannot be, in the middle of connections over the loopback. Each time it
 * is told so, or its socket ends, and the server goes on.
 */
#include <anser/network.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "clock.h"
#include "errno.h"
#include "memory.h"
#include "start.h"
#include "syscall.h"
#include "tap.h"

#define AREA_PAGES 64
#define RING       4096u
#define SLOT       (SOCKET_SLOT_HEADER + 2 * RING) /* bytes; slot n begins at n * SLOT */
#define PATIENCE   20000                           /* ms, for what comes at once */

static struct channel news;
static uint8_t *area;

/* ---- Requests. ------------------------------------------------------------------------------- */

static struct socket_answer answer;

static int64_t request(const void *data, size_t length, anser_handle handle)
{
    uint64_t words[ANSER_REGISTER_BYTES / 8] = {0};
    uint64_t received[ANSER_REGISTER_BYTES / 8] = {0};
    memcpy(words, data, length);
    struct channel_out out = {.data = words, .length = sizeof(words)};
    struct channel_in in = {.data = received, .capacity = sizeof(received)};
    if (handle > 0) {
        out.handle_count = 1;
        out.handles[0] = handle;
    }
    int error = channel_call(start_handle(SOCKET_SERVICE), &out, &in, clock_after(PATIENCE));
    memcpy(&answer, received, sizeof(answer));
    return error < 0 ? error - 1000 : answer.status;
}

static int64_t ask(uint64_t type, uint64_t socket, uint64_t value)
{
    const struct socket_value asked = {.type = type, .socket = socket, .value = value};
    return request(&asked, sizeof(asked), 0);
}

static int64_t attach(void)
{
    const uint64_t type = SOCKET_ATTACH;
    return request(&type, sizeof(type), handle_duplicate(news.send));
}

static struct socket_open usual(unsigned slot, uint8_t kind)
{
    memset(area + (size_t)slot * SLOT, 0, SOCKET_SLOT_HEADER);
    return (struct socket_open){.type = SOCKET_OPEN,
                                .family = SOCKET_FAMILY_4,
                                .kind = kind,
                                .offset = slot * SLOT,
                                .receive_bytes = RING,
                                .send_bytes = RING};
}

static int64_t open_slot(unsigned slot, uint8_t kind)
{
    struct socket_open asked = usual(slot, kind);
    return request(&asked, sizeof(asked), 0);
}

static int64_t at_loopback(uint64_t type, uint64_t socket, uint16_t port)
{
    const struct socket_name asked = {
        .type = type,
        .socket = socket,
        .address = {.family = SOCKET_FAMILY_4, .port = port, .bytes = {127, 0, 0, 1}},
    };
    return request(&asked, sizeof(asked), 0);
}

static struct socket_slot *slot_at(unsigned slot)
{
    return (struct socket_slot *)(area + (size_t)slot * SLOT);
}

/* Waits until the slot's state has one of these bits. */
static bool becomes(unsigned slot, uint32_t bits)
{
    uint64_t deadline = clock_after(PATIENCE), word;
    while (!(__atomic_load_n(&slot_at(slot)->state, __ATOMIC_ACQUIRE) & bits))
        if (channel_wait(news.receive, &word, deadline) < 0)
            return false;
    return true;
}

static bool fails_with(unsigned slot, uint32_t error)
{
    return becomes(slot, SOCKET_FAILED) && slot_at(slot)->error == error;
}

/* ---- What cannot be asked. ------------------------------------------------------------------- */

static void test_before(void)
{
    TEST(ask(SOCKET_KICK, 0, 0) == -ESTALE, "nothing but to attach, in the beginning");
    const uint64_t type = SOCKET_ATTACH;
    TEST(request(&type, sizeof(type), 0) == -EINVAL, "to attach takes a handle");
    TEST(attach() == 0 && attach() == 0, "attached, and again");
}

static void make_area(void)
{
    const uint64_t type = SOCKET_AREA;
    TEST(request(&type, sizeof(type), 0) == -EINVAL, "an area takes a handle");
    TEST(request(&type, sizeof(type), handle_duplicate(news.send)) == -EINVAL,
         "a signal is no area");
    anser_handle pages = sys_pages_create(AREA_PAGES, ANSER_PAGES_SHARED, 0);
    area =
        memory_map_object(pages, 0, AREA_PAGES * MEMORY_PAGE, ANSER_PROT_READ | ANSER_PROT_WRITE);
    TEST(area != NULL && request(&type, sizeof(type), pages) == 0, "an area of shared pages");
}

static int64_t open_wrong(uint32_t area_number, uint32_t offset, uint32_t receive, uint32_t send)
{
    struct socket_open asked = usual(0, SOCKET_STREAM);
    asked.area = (uint16_t)area_number;
    asked.offset = offset;
    asked.receive_bytes = receive;
    asked.send_bytes = send;
    return request(&asked, sizeof(asked), 0);
}

static void test_slots(void)
{
    TEST(open_wrong(1, 0, RING, RING) == -EINVAL && open_wrong(65535, 0, RING, RING) == -EINVAL,
         "a slot in no area");
    TEST(open_wrong(0, 8, RING, RING) == -EINVAL, "a slot that is not aligned");
    TEST(open_wrong(0, AREA_PAGES * 4096 - 512, RING, RING) == -EINVAL &&
             open_wrong(0, 0xfffffe00u, RING, RING) == -EINVAL,
         "a slot beyond the end");
    TEST(open_wrong(0, 0, RING + 1, RING) == -EINVAL && open_wrong(0, 0, 2048, RING) == -EINVAL &&
             open_wrong(0, 0, RING, 2 << 20) == -EINVAL && open_wrong(0, 0, RING, 0) == -EINVAL,
         "rings of impossible size");
    struct socket_open asked = usual(0, 9);
    TEST(request(&asked, sizeof(asked), 0) == -EPROTONOSUPPORT, "an unknown kind");
    asked = usual(0, SOCKET_STREAM);
    asked.family = 7;
    TEST(request(&asked, sizeof(asked), 0) == -EAFNOSUPPORT, "an unknown family");
}

static void test_numbers(void)
{
    bool all = true;
    for (uint64_t type = SOCKET_BIND; type <= SOCKET_KICK; type++)
        for (unsigned i = 0; i < 3; i++) {
            static const uint64_t numbers[] = {0, SOCKET_MAX, UINT64_MAX};
            if (type != SOCKET_ACCEPT)
                all &= ask(type, numbers[i], 0) == -EBADF;
        }
    TEST(all, "sockets that are not open");
    int64_t udp = open_slot(0, SOCKET_DATAGRAM);
    struct socket_open accept = usual(1, SOCKET_STREAM);
    accept.type = SOCKET_ACCEPT;
    accept.listener = (uint32_t)udp;
    TEST(udp >= 0 && ask(SOCKET_LISTEN, (uint64_t)udp, 1) == -EOPNOTSUPP &&
             request(&accept, sizeof(accept), 0) == -EINVAL &&
             ask(SOCKET_SHUTDOWN, (uint64_t)udp, 3) == -EINVAL,
         "what a datagram socket cannot do");
    TEST(ask(SOCKET_CLOSE, (uint64_t)udp, 0) == 0 && ask(SOCKET_CLOSE, (uint64_t)udp, 0) == -EBADF,
         "closed twice");
}

static void test_noise(void)
{
    bool alive = true;
    srand(1);
    for (unsigned i = 0; i < 3000 && alive; i++) {
        uint64_t words[8];
        for (unsigned k = 0; k < 8; k++)
            words[k] = (uint64_t)rand() << 32 ^ (uint64_t)rand() << 8 ^ (uint64_t)rand() >> 20;
        words[0] = SOCKET_AREA + (uint64_t)rand() % 0x40;
        if (i % 3 != 0)
            words[1] %= 4;
        alive = request(words, sizeof(words), 0) > -1000;
    }
    TEST(alive, "3000 requests of noise are all answered");
    TEST(attach() == 0, "and a new session begins");
    const uint64_t type = SOCKET_AREA;
    anser_handle pages = sys_pages_create(AREA_PAGES, ANSER_PAGES_SHARED, 0);
    memory_unmap(area, AREA_PAGES * MEMORY_PAGE);
    area =
        memory_map_object(pages, 0, AREA_PAGES * MEMORY_PAGE, ANSER_PROT_READ | ANSER_PROT_WRITE);
    TEST(area != NULL && request(&type, sizeof(type), pages) == 0, "with an area of its own");
}

/* ---- Rings that cannot be. ------------------------------------------------------------------- */

/* A connection over the loopback: its ends are in the slots 1 and 2. */
static bool make_pair(uint64_t ends[2])
{
    int64_t listener = open_slot(0, SOCKET_STREAM);
    int64_t client = open_slot(1, SOCKET_STREAM);
    if (listener < 0 || client < 0 || at_loopback(SOCKET_BIND, (uint64_t)listener, 0) != 0 ||
        ask(SOCKET_LISTEN, (uint64_t)listener, 5) != 0 ||
        ask(SOCKET_NAME, (uint64_t)listener, 0) != 0)
        return false;
    if (at_loopback(SOCKET_CONNECT, (uint64_t)client, answer.address.port) != -EINPROGRESS ||
        !becomes(1, SOCKET_CONNECTED))
        return false;
    struct socket_open accept = usual(2, SOCKET_STREAM);
    accept.type = SOCKET_ACCEPT;
    accept.listener = (uint32_t)listener;
    int64_t server = request(&accept, sizeof(accept), 0);
    ends[0] = (uint64_t)client;
    ends[1] = (uint64_t)server;
    return server >= 0 && ask(SOCKET_CLOSE, (uint64_t)listener, 0) == 0;
}

static void put(unsigned slot, uint32_t count)
{
    __atomic_store_n(&slot_at(slot)->send.put, count, __ATOMIC_RELEASE);
}

/* Ends both; what is left may be reset. */
static void close_pair(const uint64_t ends[2])
{
    for (unsigned i = 0; i < 2; i++)
        if (ask(SOCKET_CLOSE, ends[i], 0) == 1)
            becomes(i + 1, SOCKET_DRAINED);
}

static void test_send_ring(void)
{
    uint64_t ends[2];
    TEST(make_pair(ends), "a connection");
    put(1, RING + 1);
    TEST(ask(SOCKET_KICK, ends[0], 0) == 0 && fails_with(1, EPROTO),
         "more sent than the ring holds: EPROTO");
    TEST(fails_with(2, ECONNRESET), "and its peer: ECONNRESET");
    close_pair(ends);
    TEST(make_pair(ends), "another one");
    put(1, 100);
    ask(SOCKET_KICK, ends[0], 0);
    put(1, 0xffffff00u);
    ask(SOCKET_KICK, ends[0], 0);
    TEST(fails_with(1, EPROTO), "a count that goes back: EPROTO");
    close_pair(ends);
}

static void test_receive_ring(void)
{
    uint64_t ends[2];
    TEST(make_pair(ends), "a connection");
    __atomic_store_n(&slot_at(2)->receive.taken, 5, __ATOMIC_RELEASE);
    put(1, 1000);
    TEST(ask(SOCKET_KICK, ends[0], 0) == 0 && fails_with(2, EPROTO),
         "more taken than was there: EPROTO");
    TEST(fails_with(1, ECONNRESET), "and its peer: ECONNRESET");
    close_pair(ends);
}

static void test_while_closing(void)
{
    uint64_t ends[2];
    TEST(make_pair(ends), "a connection");
    put(2, RING);
    ask(SOCKET_KICK, ends[1], 0);
    put(1, 3000);
    int64_t closed = ask(SOCKET_CLOSE, ends[0], 0);
    put(1, 7);
    __atomic_store_n(&slot_at(1)->receive.taken, 0x80000000u, __ATOMIC_RELEASE);
    if (closed == 1)
        ask(SOCKET_KICK, ends[1], 0);
    TEST(closed == 0 || becomes(1, SOCKET_DRAINED), "rings that change behind a close");
    TEST(ask(SOCKET_CLOSE, ends[1], 0) >= 0, "and the other end");
}

static void test_datagrams(void)
{
    static const uint32_t lengths[] = {0xffffffffu, 70000, 4090, 200};
    bool all = true;
    for (unsigned i = 0; i < 4; i++) {
        int64_t udp = open_slot(0, i % 2 ? SOCKET_ECHO : SOCKET_DATAGRAM);
        struct socket_datagram head = {.length = lengths[i]};
        memcpy(area + SOCKET_SLOT_HEADER + RING, &head, sizeof(head));
        put(0, sizeof(head) + 64);
        all &= udp >= 0 && ask(SOCKET_KICK, (uint64_t)udp, 0) == 0 && fails_with(0, EPROTO);
        all &= ask(SOCKET_CLOSE, (uint64_t)udp, 0) == 0;
    }
    TEST(all, "datagrams longer than what was put in: EPROTO");
}

/* One that is as it should be, to itself. */
static void test_honest(void)
{
    int64_t udp = open_slot(0, SOCKET_DATAGRAM);
    struct socket_datagram head = {.length = 5,
                                   .peer = {.family = SOCKET_FAMILY_4, .bytes = {127, 0, 0, 1}}};
    TEST(udp >= 0 && at_loopback(SOCKET_BIND, (uint64_t)udp, 0) == 0 &&
             ask(SOCKET_NAME, (uint64_t)udp, 0) == 0,
         "a datagram socket");
    head.peer.port = answer.address.port;
    uint8_t *send = area + SOCKET_SLOT_HEADER + RING;
    memcpy(send, &head, sizeof(head));
    memcpy(send + sizeof(head), "hello", 5);
    slot_at(0)->receive.taker_waits = 1;
    put(0, sizeof(head) + 8);
    ask(SOCKET_KICK, (uint64_t)udp, 0);
    uint64_t deadline = clock_after(PATIENCE), word;
    while (__atomic_load_n(&slot_at(0)->receive.put, __ATOMIC_ACQUIRE) == 0 &&
           channel_wait(news.receive, &word, deadline) == 0)
        ;
    TEST(memcmp(area + SOCKET_SLOT_HEADER + sizeof(head), "hello", 5) == 0,
         "and a datagram to itself, after all that");
}

static void test_many(void)
{
    unsigned count = 0;
    attach();
    const uint64_t type = SOCKET_AREA;
    anser_handle pages = sys_pages_create(AREA_PAGES, ANSER_PAGES_SHARED, 0);
    request(&type, sizeof(type), pages);
    int64_t status;
    struct socket_open asked = usual(0, SOCKET_STREAM);
    while ((status = request(&asked, sizeof(asked), 0)) >= 0 && count < 2 * SOCKET_MAX)
        count++;
    TEST(count > 500 && (status == -EMFILE || status == -ENOBUFS),
         "sockets without end: %u, then %d", count, (int)status);
    TEST(attach() == 0, "a new session takes them all back");
}

int main(void)
{
    if (channel_create_signal(&news) < 0)
        return 1;
    test_before();
    make_area();
    test_slots();
    test_numbers();
    test_noise();
    test_send_ring();
    test_receive_ring();
    test_while_closing();
    test_datagrams();
    test_honest();
    test_many();
    return tap_done();
}
