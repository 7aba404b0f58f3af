/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The library of sockets beside a TCP/IP server of the test's own: slots, draining, successors, and
 * answers that cannot be.
 */
/* sources: lib/socket.c lib/socket_session.c lib/socket_data.c lib/ring.c */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/channel.h"
#include "lib/ipc.h"
#include "lib/socket.h"
#include "lib/syscall.h"
#include "tap.h"

#define SERVER 77
#define MANY   1000

/* ---- The server. ----------------------------------------------------------------------------- */

struct served {
    bool used, listens, drains;
    uint8_t kind;
    uint16_t port;
    struct socket_slot *slot;
    struct ring receive, send; /* as the client calls them */
    struct socket_address peer;
    uint64_t options[SOCKET_OPTIONS];
};

static struct {
    bool attached;
    unsigned attachments, areas, kicks, opens;
    unsigned dies_in;     /* calls until it has a successor; 0: never */
    unsigned first;       /* number of the first socket of this life */
    unsigned refused;     /* BINDs that fail with -EADDRNOTAVAIL */
    int64_t lie;          /* what OPEN and ACCEPT answer, if not 0 */
    bool drains;          /* CLOSE answers 1 */
    uint8_t *memory[256]; /* of areas; by handle of the pages */
    uint8_t *area[SOCKET_AREAS_MAX];
    struct served sockets[SOCKET_MAX];
} server;

static void successor(void)
{
    server.attached = false;
    server.areas = 0;
    memset(server.sockets, 0, sizeof(server.sockets));
    server.first += 7; /* other numbers than before */
}

static int64_t serve_open(const struct socket_open *open)
{
    if (server.lie)
        return server.lie;
    unsigned number = server.first % SOCKET_MAX;
    while (server.sockets[number].used)
        number = (number + 1) % SOCKET_MAX;
    struct served *served = &server.sockets[number];
    uint8_t *slot = server.area[open->area] + open->offset;
    uint8_t *bytes = slot + SOCKET_SLOT_HEADER;
    *served = (struct served){.used = true, .kind = open->kind, .slot = (void *)slot};
    ring_begin_putter(&served->receive, &served->slot->receive, bytes, open->receive_bytes, 1);
    ring_begin_taker(&served->send, &served->slot->send, bytes + open->receive_bytes,
                     open->send_bytes, 1);
    ring_sleep(&served->send, 1);
    server.opens++;
    return number;
}

static int64_t serve_bind(struct served *served, uint16_t port)
{
    if (server.refused > 0) {
        server.refused--;
        return -EADDRNOTAVAIL;
    }
    served->port = port ? port : 4321;
    return 0;
}

static int64_t serve_close(struct served *served)
{
    if (server.drains) {
        served->drains = true;
        return 1;
    }
    served->used = false;
    return 0;
}

static int64_t serve(uint64_t *words)
{
    union {
        uint64_t words[IPC_WORDS];
        struct socket_open open;
        struct socket_name name;
        struct socket_value value;
        struct socket_option option;
    } request;
    struct socket_answer answer = {.value = 0};
    memcpy(request.words, words, sizeof(request.words));
    uint64_t number = words[0] == SOCKET_SET ? request.option.socket : request.value.socket;
    struct served *served = number < SOCKET_MAX ? &server.sockets[number] : NULL;
    if (!server.attached && words[0] != SOCKET_ATTACH)
        return -ESTALE;
    switch (words[0]) {
    case SOCKET_ATTACH:
        server.attached = true;
        server.attachments++;
        return 0;
    case SOCKET_OPEN:
        return serve_open(&request.open);
    case SOCKET_ACCEPT:
        server.sockets[request.open.listener].slot->waiting--;
        return serve_open(&request.open);
    }
    if (!served || !served->used)
        return -EBADF;
    switch (words[0]) {
    case SOCKET_BIND:
        return serve_bind(served, request.name.address.port);
    case SOCKET_CONNECT:
        served->peer = request.name.address;
        served->slot->state = served->kind == SOCKET_STREAM ? SOCKET_CONNECTED : 0;
        return 0;
    case SOCKET_LISTEN:
        served->listens = true;
        served->slot->state = SOCKET_LISTENING;
        return 0;
    case SOCKET_NAME:
        answer.address = (struct socket_address){.family = SOCKET_FAMILY_4, .port = served->port};
        memcpy(words, &answer, sizeof(answer));
        return 0;
    case SOCKET_SET:
        served->options[request.option.option] = request.option.value;
        return 0;
    case SOCKET_CLOSE:
        return serve_close(served);
    case SOCKET_KICK:
        server.kicks++;
        return 0;
    }
    return -EINVAL;
}

/* ---- What the library calls. ----------------------------------------------------------------- */

static bool dies_now(void)
{
    if (server.dies_in == 0 || --server.dies_in > 0)
        return false;
    successor();
    return true;
}

int64_t ipc_exchange(int64_t number, anser_handle handle, struct ipc_registers *registers)
{
    (void)number;
    if (handle != SERVER)
        return -EBADF;
    if (dies_now())
        return -EPIPE;
    if (registers->words[0] == SOCKET_AREA && server.attached) {
        server.area[server.areas] = server.memory[registers->handles[0]];
        registers->words[0] = server.areas++;
    } else {
        registers->words[0] = (uint64_t)serve(registers->words);
    }
    registers->info = IPC_INFO(ANSER_REGISTER_BYTES, 0);
    return registers->info;
}

int64_t ipc_call_words(anser_handle channel, uint64_t words[IPC_WORDS])
{
    struct ipc_registers registers = {.info = 0};
    memcpy(registers.words, words, sizeof(registers.words));
    int64_t status = ipc_exchange(0, channel, &registers);
    memcpy(words, registers.words, sizeof(registers.words));
    return status;
}

static anser_handle last_pages;

int64_t sys_pages_create(uint64_t count, uint64_t flags, anser_handle device)
{
    (void)device;
    if (flags != ANSER_PAGES_SHARED || count * ANSER_PAGE_SIZE > SOCKET_AREA_MAX)
        return -EINVAL;
    server.memory[++last_pages] = aligned_alloc(ANSER_PAGE_SIZE, count * ANSER_PAGE_SIZE);
    memset(server.memory[last_pages], 0, count * ANSER_PAGE_SIZE);
    return last_pages;
}

struct sys_result sys_region_map(anser_handle process, uint64_t address, uint64_t length,
                                 uint64_t prot, anser_handle object, uint64_t offset)
{
    (void)process, (void)address, (void)length, (void)prot, (void)offset;
    return (struct sys_result){0, (uint64_t)(uintptr_t)server.memory[object]};
}

int64_t sys_region_unmap(anser_handle process, uint64_t address, uint64_t length)
{
    (void)process, (void)address, (void)length;
    return 0;
}

int64_t sys_handle_dup(anser_handle handle, uint64_t rights)
{
    (void)rights;
    return handle;
}

anser_handle handle_duplicate(anser_handle handle)
{
    return handle;
}

void handle_close(anser_handle handle)
{
    (void)handle;
}

int channel_create_signal(struct channel *channel)
{
    *channel = (struct channel){.send = 200, .receive = 201};
    return 0;
}

void mutex_lock(struct mutex *mutex)
{
    if (mutex->state++)
        abort(); /* taken already: a thread would wait for itself */
}

void mutex_unlock(struct mutex *mutex)
{
    mutex->state--;
}

static unsigned changes;

static void changed(struct socket *socket)
{
    (void)socket;
    changes++;
}

/* ---- Tests. ---------------------------------------------------------------------------------- */

static const struct socket_address anywhere = {.family = SOCKET_FAMILY_4};
static const struct socket_address somewhere = {
    .family = SOCKET_FAMILY_4, .port = 53, .bytes = {192, 0, 2, 1}};

static void test_slots(void)
{
    static struct socket sockets[MANY];
    unsigned good = 0;
    for (int i = 0; i < MANY; i++) {
        good += socket_open(&sockets[i], SOCKET_FAMILY_4, SOCKET_STREAM) == 0;
        memset((uint8_t *)sockets[i].slot + SOCKET_SLOT_HEADER, i, sockets[i].receive.size * 2);
    }
    TEST(good == MANY && server.areas <= SOCKET_AREAS_MAX, "a thousand sockets in %u areas",
         server.areas);
    good = 0;
    for (int i = 0; i < MANY; i++)
        good += sockets[i].receive.entries[0] == (uint8_t)i &&
                sockets[i].send.entries[sockets[i].send.size - 1] == (uint8_t)i;
    TEST(good == MANY, "no two slots have a byte in common");
    unsigned areas = server.areas;
    for (int i = 0; i < MANY; i++)
        socket_close(&sockets[i]);
    for (int i = 0; i < MANY; i++)
        good -= socket_open(&sockets[i], SOCKET_FAMILY_4, SOCKET_STREAM) == 0;
    TEST(good == 0 && server.areas == areas, "the same slots serve again");
    for (int i = 0; i < MANY; i++)
        socket_close(&sockets[i]);
}

static void test_bytes(void)
{
    struct socket socket;
    uint8_t bytes[3000];
    socket_open(&socket, SOCKET_FAMILY_4, SOCKET_STREAM);
    TEST(socket_readable(&socket) == -ENOTCONN && socket_writable(&socket) == -EPIPE,
         "not connected yet");
    socket_connect(&socket, &somewhere);
    struct served *served = &server.sockets[socket.number];
    TEST(socket_readable(&socket) == -EAGAIN && served->slot->receive.taker_waits,
         "nothing there: the server is to tell");
    bool good = true, told = false;
    for (int i = 0; i < 200; i++) {
        memset(bytes, i, sizeof(bytes));
        ring_ready(&served->receive);
        ring_copy_in(&served->receive, 0, bytes, sizeof(bytes));
        told |= ring_advance(&served->receive, sizeof(bytes));
        good &= socket_readable(&socket) == sizeof(bytes);
        memset(bytes, 0, sizeof(bytes));
        ring_copy_out(&socket.receive, 0, bytes, sizeof(bytes));
        good &= bytes[0] == (uint8_t)i && bytes[sizeof(bytes) - 1] == (uint8_t)i;
        socket_took(&socket, sizeof(bytes));
    }
    TEST(good && told, "bytes come, round the ring's end");
    int64_t room = socket_writable(&socket);
    bool kick = socket_put(&socket, (uint32_t)room);
    TEST(room == socket.send.size && kick && socket_writable(&socket) == -EAGAIN,
         "full: the server is woken once, and then told of");
    TEST(!(socket_ready(&socket) & SOCKET_READY_OUT), "and nothing can be written");
    served->slot->error = ECONNRESET;
    served->slot->state = SOCKET_FAILED | SOCKET_RECEIVE_ENDED | SOCKET_SEND_ENDED;
    TEST(socket_readable(&socket) == -ECONNRESET && socket_readable(&socket) == 0 &&
             socket_writable(&socket) == -EPIPE,
         "an error is told once");
    socket_close(&socket);
}

static void test_pending(void)
{
    struct socket socket;
    struct socket_datagram head;
    socket_open(&socket, SOCKET_FAMILY_4, SOCKET_DATAGRAM);
    socket_connect(&socket, &somewhere);
    struct socket_slot *slot = socket.slot;
    TEST(!(socket_ready(&socket) & SOCKET_READY_FAILED) &&
             socket_datagram_next(&socket, &head) == -EAGAIN,
         "datagrams: nothing is pending");
    slot->error = ECONNREFUSED;
    TEST(socket_ready(&socket) & SOCKET_READY_FAILED &&
             socket_datagram_next(&socket, &head) == -ECONNREFUSED &&
             socket_datagram_next(&socket, &head) == -EAGAIN,
         "a pending error is told once, to who receives");
    slot->error = ECONNREFUSED;
    TEST(socket_datagram_room(&socket, 9) == -ECONNREFUSED && socket_datagram_room(&socket, 9) == 0,
         "or sends");
    slot->error = EHOSTUNREACH;
    TEST(socket_take_error(&socket) == EHOSTUNREACH && socket_take_error(&socket) == 0 &&
             !(socket_ready(&socket) & SOCKET_READY_FAILED),
         "or asks");
    slot->error = 0xffffffff;
    TEST(socket_take_error(&socket) == EIO, "a number that is none: EIO");
    slot->error = EPROTO;
    slot->state = SOCKET_FAILED | SOCKET_RECEIVE_ENDED | SOCKET_SEND_ENDED;
    TEST(socket_take_error(&socket) == EPROTO && socket_take_error(&socket) == 0 &&
             slot->error == EPROTO,
         "one that ends the socket stays there");
    socket_close(&socket);
}

static void test_draining(void)
{
    struct socket first, second;
    socket_open(&first, SOCKET_FAMILY_4, SOCKET_STREAM);
    struct socket_slot *slot = first.slot;
    uint32_t number = first.number;
    server.drains = true;
    socket_close(&first);
    server.drains = false;
    socket_open(&second, SOCKET_FAMILY_4, SOCKET_STREAM);
    TEST(second.slot != slot, "a slot that drains is not used");
    socket_close(&second);
    server.sockets[number].used = false;
    __atomic_store_n(&slot->state, SOCKET_DRAINED, __ATOMIC_RELEASE);
    socket_session_signalled(1ul << number % SOCKET_SIGNAL_BITS);
    socket_open(&second, SOCKET_FAMILY_4, SOCKET_STREAM);
    TEST(second.slot == slot, "when it is drained, it is");
    socket_close(&second);
}

static void test_successor(void)
{
    struct socket listener, connection, datagrams;
    socket_open(&listener, SOCKET_FAMILY_4, SOCKET_STREAM);
    socket_set(&listener, SOCKET_OPTION_REUSE_ADDRESS, 1, NULL);
    socket_bind(&listener, &anywhere);
    socket_listen(&listener, 9);
    socket_open(&connection, SOCKET_FAMILY_4, SOCKET_STREAM);
    socket_connect(&connection, &somewhere);
    socket_open(&datagrams, SOCKET_FAMILY_4, SOCKET_DATAGRAM);
    socket_connect(&datagrams, &somewhere);
    struct served *served = &server.sockets[connection.number];
    ring_ready(&served->receive);
    ring_advance(&served->receive, 5);
    uint32_t before = listener.number;
    successor();
    changes = 0;
    socket_session_signalled(SOCKET_SIGNAL_LOST);
    served = &server.sockets[listener.number];
    TEST(listener.number != before && served->listens && served->port == 4321 &&
             served->options[SOCKET_OPTION_REUSE_ADDRESS] == 1,
         "a listener listens again, at its port, with its options");
    TEST(server.sockets[datagrams.number].peer.port == 53, "a datagram socket has its peer again");
    TEST(changes >= 3 && socket_readable(&connection) == 5 && socket_took(&connection, 5) == false,
         "what had come on a connection can be read");
    TEST(socket_readable(&connection) == -ECONNRESET && socket_readable(&connection) == 0 &&
             socket_writable(&connection) == -EPIPE,
         "then it was reset");
    unsigned attachments = server.attachments;
    socket_session_signalled(SOCKET_SIGNAL_LOST);
    TEST(server.attachments == attachments, "who is known by the server does not attach again");
    server.refused = 2;
    successor();
    bool again = socket_session_signalled(SOCKET_SIGNAL_LOST);
    TEST(again && listener.open == false && !listener.lost, "an address that is not there yet");
    again = socket_session_signalled(0);
    TEST(again && socket_session_signalled(0) == false && listener.open, "is tried again");
    socket_close(&listener);
    socket_close(&connection);
    socket_close(&datagrams);
}

/* Some calls; returns whether all went well, but for the connection if the server died. */
static bool script(void)
{
    struct socket listener, datagrams, fresh;
    struct socket_address peer;
    bool good = socket_open(&listener, SOCKET_FAMILY_4, SOCKET_STREAM) == 0;
    good &= socket_bind(&listener, &anywhere) == 0;
    good &= socket_listen(&listener, 9) == 0;
    good &= socket_open(&datagrams, SOCKET_FAMILY_4, SOCKET_DATAGRAM) == 0;
    good &= socket_set(&datagrams, SOCKET_OPTION_BROADCAST, 1, NULL) == 0;
    good &= socket_connect(&datagrams, &somewhere) == 0;
    socket_kick(&datagrams);
    listener.slot->waiting = 1;
    int status = socket_accept(&listener, &fresh, &peer);
    if (status == 0)
        socket_close(&fresh);
    good &= status == 0 || status == -EAGAIN;
    good &= server.sockets[listener.number].listens && server.sockets[datagrams.number].used;
    socket_close(&listener);
    socket_close(&datagrams);
    return good && socket_session_signalled(0) == false;
}

static void test_deaths(void)
{
    unsigned good = 0;
    for (unsigned call = 1; call <= 40; call++) {
        server.dies_in = call;
        good += script();
    }
    server.dies_in = 0;
    TEST(good == 40 && script(), "a server that dies in any call");
}

static void test_lies(void)
{
    struct socket socket, other;
    socket_open(&other, SOCKET_FAMILY_4, SOCKET_STREAM);
    static const int64_t numbers[] = {SOCKET_MAX, 1l << 40};
    unsigned good = 0;
    for (unsigned i = 0; i < 2; i++) {
        server.lie = numbers[i];
        good += socket_open(&socket, SOCKET_FAMILY_4, SOCKET_STREAM) == -EPROTO;
    }
    server.lie = other.number ? other.number : 0;
    good += other.number == 0 || socket_open(&socket, SOCKET_FAMILY_4, SOCKET_STREAM) == -EPROTO;
    server.lie = 0;
    TEST(good == 3, "numbers that cannot be: EPROTO");
    socket_open(&socket, SOCKET_FAMILY_4, SOCKET_STREAM);
    socket_connect(&socket, &somewhere);
    socket.slot->receive.put = socket.receive.size + 1;
    TEST(socket_readable(&socket) == -EPROTO && socket_writable(&socket) == -EPIPE,
         "a count that cannot be: EPROTO, and the socket is over");
    socket_close(&socket);
    socket_open(&socket, SOCKET_FAMILY_4, SOCKET_DATAGRAM);
    struct socket_datagram head = {.length = 0xfffffff9};
    struct served *served = &server.sockets[socket.number];
    ring_ready(&served->receive);
    ring_copy_in(&served->receive, 0, &head, sizeof(head));
    ring_advance(&served->receive, sizeof(head));
    TEST(socket_datagram_next(&socket, &head) == -EPROTO, "a datagram longer than what has come");
    socket_close(&socket);
    socket_close(&other);
}

int main(void)
{
    struct socket_session_options options = {.server = SERVER, .changed = changed};
    server.first = 1;
    TEST(socket_session_begin(&options) == 0 && server.attachments == 1, "attached");
    test_bytes();
    test_pending();
    test_draining();
    test_successor();
    test_deaths();
    test_lies();
    test_slots();
    for (anser_handle i = 1; i <= last_pages; i++)
        free(server.memory[i]);
    return tap_done();
}
