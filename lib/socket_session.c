/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The session: areas of shared pages and the slots in them, the table of sockets, and what happens
 * when the server has a successor. Calls that change the table are made with the session's lock
 * held, so that no number is given anew before its last owner is out of the table.
 */
#include "socket_session.h"

#include <errno.h>
#include <string.h>
#include "channel.h"
#include "ipc.h"
#include "syscall.h"

#define TRIES        5  /* lives of the server that one request survives */
#define SLOTS_MAX    32 /* of an area: bits of a word */
#define REVIVALS_MAX 100
#define NOBODY       UINT32_MAX /* no socket's number */

/* Sizes of slots. Few sockets get long rings: each wake-up then moves more bytes. */
enum slot_class { LARGE, MEDIUM, SMALL, TINY };
static const struct {
    uint32_t ring;  /* bytes, in each direction */
    uint32_t slots; /* of an area */
    uint32_t until; /* streams get this size while there are fewer sockets */
} classes[] = {
    [LARGE] = {128 << 10, 2, 16},
    [MEDIUM] = {64 << 10, 4, 64},
    [SMALL] = {16 << 10, SLOTS_MAX, SOCKET_MAX},
    [TINY] = {SOCKET_RING_MIN, 4, 0}, /* for names */
};

struct area {
    anser_handle pages;
    uint8_t *memory;
    uint16_t number; /* the server's */
    uint8_t class;
    uint32_t used; /* bit n: slot n */
};

struct entry {
    struct socket *socket;
    bool draining; /* closed; the server still sends from the slot */
    uint8_t area;
    uint8_t index;
};

struct mutex socket_session_lock;

static struct {
    struct socket_session_options options;
    uint32_t life; /* 0: not begun */
    uint32_t count;
    uint32_t top; /* no number in use is higher */
    uint32_t area_count;
    uint32_t revivals; /* how often the unfinished ones were tried */
    bool unfinished;   /* a socket could not be opened again yet */
    struct channel signal;
    struct socket *first;
    struct area areas[SOCKET_AREAS_MAX];
    struct entry table[SOCKET_MAX];
} session;

anser_handle socket_session_signal(void)
{
    return session.signal.receive;
}

anser_handle socket_session_waker(void)
{
    return session.signal.send;
}

anser_handle socket_session_server(void)
{
    return session.options.server;
}

uint32_t socket_session_life(void)
{
    return __atomic_load_n(&session.life, __ATOMIC_ACQUIRE);
}

/* ---- Asking. --------------------------------------------------------------------------------- */

int64_t socket_session_ask(union socket_exchange *exchange, anser_handle handle)
{
    struct ipc_registers registers = {
        .info = (int64_t)(IPC_INFO(ANSER_REGISTER_BYTES, handle != 0) | ANSER_INFO_NOINTR),
        .handles = {handle},
    };
    memcpy(registers.words, exchange->words, sizeof(registers.words));
    int64_t status = ipc_exchange(ANSER_CALL_call, session.options.server, &registers);
    if (status < 0) {
        handle_close(handle);
        return status == -EPIPE ? -ESTALE : -ENETDOWN;
    }
    for (unsigned i = 0; i < ipc_handles(status); i++)
        handle_close(registers.handles[i]);
    memcpy(exchange->words, registers.words, sizeof(registers.words));
    return exchange->answer.status;
}

/* ---- Areas and slots. ------------------------------------------------------------------------ */

static uint32_t slot_bytes(uint8_t class)
{
    return SOCKET_SLOT_HEADER + 2 * classes[class].ring;
}

static uint64_t area_pages(uint8_t class)
{
    uint64_t bytes = (uint64_t)slot_bytes(class) * classes[class].slots;
    return (bytes + ANSER_PAGE_SIZE - 1) / ANSER_PAGE_SIZE;
}

static int tell_area(struct area *area)
{
    union socket_exchange exchange = {.words = {SOCKET_AREA}};
    anser_handle handle =
        sys_handle_dup(area->pages, ANSER_RIGHT_READ | ANSER_RIGHT_WRITE | ANSER_RIGHT_TRANSFER);
    if (handle < 0)
        return (int)handle;
    int64_t number = socket_session_ask(&exchange, handle);
    if (number > UINT16_MAX)
        return -EPROTO;
    if (number >= 0)
        area->number = (uint16_t)number;
    return number < 0 ? (int)number : 0;
}

static void drop_area(struct area *area)
{
    if (area->memory)
        sys_region_unmap(0, (uint64_t)area->memory, area_pages(area->class) * ANSER_PAGE_SIZE);
    handle_close(area->pages);
}

static int map_area(struct area *area, uint64_t address)
{
    uint64_t count = area_pages(area->class);
    area->pages = sys_pages_create(count, ANSER_PAGES_SHARED, 0);
    if (area->pages < 0)
        return (int)area->pages;
    uint64_t prot = ANSER_PROT_READ | ANSER_PROT_WRITE | (address ? ANSER_MAP_NOREPLACE : 0);
    struct sys_result map =
        sys_region_map(0, address, count * ANSER_PAGE_SIZE, prot, area->pages, 0);
    if (map.status < 0)
        return (int)map.status;
    area->memory = (uint8_t *)map.value;
    return 0;
}

static int make_area(uint8_t class)
{
    struct area area = {.class = class};
    uint64_t base = session.options.areas;
    if (session.area_count == SOCKET_AREAS_MAX)
        return -EMFILE;
    int status = map_area(&area, base ? base + (uint64_t)session.area_count * SOCKET_AREA_MAX : 0);
    for (int i = 0; i < TRIES && status == 0; i++) {
        status = tell_area(&area);
        if (status != -ESTALE)
            break;
        status = socket_session_attach();
    }
    if (status < 0) {
        drop_area(&area);
        return status;
    }
    session.areas[session.area_count++] = area;
    return 0;
}

/* A free slot of this size in the areas that there are. */
static bool find_slot(struct socket *socket, uint8_t class)
{
    for (unsigned i = 0; i < session.area_count; i++) {
        struct area *area = &session.areas[i];
        uint32_t all = (uint32_t)((1ul << classes[class].slots) - 1);
        if (area->class != class || area->used == all)
            continue;
        unsigned index = (unsigned)__builtin_ctz(~area->used);
        area->used |= 1u << index;
        socket->area = (uint8_t)i;
        socket->index = (uint8_t)index;
        socket->slot = (struct socket_slot *)(area->memory + (uint64_t)index * slot_bytes(class));
        return true;
    }
    return false;
}

static uint8_t choose_class(uint8_t kind)
{
    uint8_t class = kind == SOCKET_STREAM ? LARGE : MEDIUM;
    while (class < SMALL && session.count >= classes[class].until)
        class ++;
    return class;
}

/* Without memory for a large one, a small one does. */
int socket_session_take_slot(struct socket *socket, uint8_t kind)
{
    int status = -ENOMEM;
    if (session.count >= SOCKET_MAX)
        return -EMFILE;
    for (uint8_t class = choose_class(kind); class <= SMALL; class ++) {
        if (find_slot(socket, class))
            return 0;
        status = make_area(class);
        if (status == 0 && find_slot(socket, class))
            return 0;
    }
    return status;
}

void socket_session_free_slot(uint8_t area, uint8_t index)
{
    session.areas[area].used &= ~(1u << index);
}

int socket_session_take_block(struct socket *block, struct socket_resolve *resolve)
{
    int status = 0;
    mutex_lock(&socket_session_lock);
    if (!find_slot(block, TINY)) {
        status = make_area(TINY);
        if (status == 0 && !find_slot(block, TINY))
            status = -ENOMEM;
    }
    if (status == 0) {
        const struct area *area = &session.areas[block->area];
        resolve->area = area->number;
        resolve->offset = (uint32_t)((uint8_t *)block->slot - area->memory);
        resolve->room = slot_bytes(TINY);
    }
    mutex_unlock(&socket_session_lock);
    return status;
}

void socket_session_free_block(const struct socket *block)
{
    mutex_lock(&socket_session_lock);
    socket_session_free_slot(block->area, block->index);
    mutex_unlock(&socket_session_lock);
}

void socket_session_begin_slot(struct socket *socket, struct socket_open *open)
{
    const struct area *area = &session.areas[socket->area];
    uint32_t ring = classes[area->class].ring;
    uint8_t *bytes = (uint8_t *)socket->slot + SOCKET_SLOT_HEADER;
    memset(socket->slot, 0, SOCKET_SLOT_HEADER);
    ring_begin_taker(&socket->receive, &socket->slot->receive, bytes, ring, 1);
    ring_begin_putter(&socket->send, &socket->slot->send, bytes + ring, ring, 1);
    open->family = socket->family;
    open->kind = socket->kind;
    open->area = area->number;
    open->offset = (uint32_t)((uint8_t *)socket->slot - area->memory);
    open->receive_bytes = ring;
    open->send_bytes = ring;
}

/* ---- The table. ------------------------------------------------------------------------------ */

static void reap(struct entry *entry)
{
    socket_session_free_slot(entry->area, entry->index);
    *entry = (struct entry){.socket = NULL};
}

int socket_session_insert(struct socket *socket, int64_t number)
{
    if (number < 0 || number >= SOCKET_MAX || session.table[number].socket)
        return -EPROTO;
    struct entry *entry = &session.table[number];
    /* The server would not give the number anew before it was done with the slot. */
    if (entry->draining)
        reap(entry);
    entry->socket = socket;
    socket->number = (uint32_t)number;
    if (number > session.top)
        session.top = (uint32_t)number;
    if (!socket->link) {
        socket->next = session.first;
        socket->link = &session.first;
        if (socket->next)
            socket->next->link = &socket->next;
        session.first = socket;
        session.count++;
    }
    return 0;
}

static bool is_drained(const struct entry *entry)
{
    const struct area *area = &session.areas[entry->area];
    const struct socket_slot *slot =
        (const struct socket_slot *)(area->memory +
                                     (uint64_t)entry->index * slot_bytes(area->class));
    return __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) & SOCKET_DRAINED;
}

void socket_session_remove(struct socket *socket, bool draining)
{
    struct entry *entry = &session.table[socket->number];
    *socket->link = socket->next;
    if (socket->next)
        socket->next->link = socket->link;
    socket->link = NULL;
    session.count--;
    if (entry->socket == socket)
        *entry = (struct entry){.draining = draining, .area = socket->area, .index = socket->index};
    if (!draining)
        socket_session_free_slot(socket->area, socket->index);
    else if (is_drained(entry))
        reap(entry);
}

void socket_session_forget(struct socket *socket)
{
    union socket_exchange exchange = {.value = {.type = SOCKET_CLOSE, .socket = socket->number}};
    (void)socket_session_ask(&exchange, 0);
    session.table[socket->number] = (struct entry){.socket = NULL};
}

/* ---- A successor. ---------------------------------------------------------------------------- */

static void changed(struct socket *socket)
{
    __atomic_fetch_add(&socket->sequence, 1, __ATOMIC_SEQ_CST);
    session.options.changed(socket);
}

/* What the server that died took along. Returns whether the socket can be had again. */
static bool lose(struct socket *socket)
{
    mutex_lock(&socket->lock);
    socket->open = false;
    if (socket->role == SOCKET_CONNECTION && socket->kind == SOCKET_STREAM && !socket->lost) {
        socket->lost = true;
        socket->lost_error = ECONNRESET;
    }
    bool again = !socket->lost;
    mutex_unlock(&socket->lock);
    return again;
}

/* Opens those again that are not open. An address may not be there yet, so there is a next time. */
static int revive(void)
{
    session.unfinished = false;
    for (struct socket *socket = session.first; socket; socket = socket->next) {
        if (socket->open || socket->lost)
            continue;
        int status = socket_reopen(socket);
        if (status == -ESTALE)
            return status;
        if (status < 0 && session.revivals < REVIVALS_MAX) {
            session.unfinished = true;
        } else if (status < 0) {
            socket->lost_error = (uint32_t)-status;
            socket->lost = true;
        }
        changed(socket);
    }
    return 0;
}

static int attach_once(void)
{
    union socket_exchange exchange = {.words = {SOCKET_ATTACH}};
    anser_handle waker = handle_duplicate(session.signal.send);
    if (waker < 0)
        return (int)waker;
    int64_t status = socket_session_ask(&exchange, waker);
    if (status < 0)
        return (int)status;
    __atomic_fetch_add(&session.life, 1, __ATOMIC_RELEASE);
    session.revivals = 0;
    for (unsigned i = 0; i <= session.top; i++) {
        if (session.table[i].draining)
            reap(&session.table[i]);
        session.table[i] = (struct entry){.socket = NULL};
    }
    session.top = 0;
    for (struct socket *socket = session.first; socket; socket = socket->next)
        if (!lose(socket))
            changed(socket);
    for (unsigned i = 0; i < session.area_count && status == 0; i++)
        status = tell_area(&session.areas[i]);
    return status < 0 ? (int)status : revive();
}

int socket_session_attach(void)
{
    int status = -ESTALE;
    for (int i = 0; i < TRIES && status == -ESTALE; i++)
        status = attach_once();
    return status == -ESTALE ? -ENETDOWN : status;
}

int socket_session_begin(const struct socket_session_options *options)
{
    int status = 0;
    mutex_lock(&socket_session_lock);
    if (session.life == 0) {
        session.options = *options;
        if (session.signal.receive == 0)
            status = channel_create_signal(&session.signal);
        if (status == 0)
            status = socket_session_attach();
    }
    mutex_unlock(&socket_session_lock);
    return status;
}

/* ---- What the signal says. ------------------------------------------------------------------- */

/* Somebody may have attached since: a server that knows us says anything but -ESTALE. */
static void check_life(void)
{
    union socket_exchange exchange = {.value = {.type = SOCKET_KICK, .socket = NOBODY}};
    if (socket_session_ask(&exchange, 0) == -ESTALE)
        (void)socket_session_attach();
}

static void tell(uint32_t number)
{
    struct entry *entry = &session.table[number];
    if (entry->socket)
        changed(entry->socket);
    else if (entry->draining && is_drained(entry))
        reap(entry);
}

bool socket_session_signalled(uint64_t word)
{
    mutex_lock(&socket_session_lock);
    for (uint64_t bits = word & ~SOCKET_SIGNAL_LOST; bits; bits &= bits - 1)
        for (uint32_t number = (uint32_t)__builtin_ctzl(bits); number <= session.top;
             number += SOCKET_SIGNAL_BITS)
            tell(number);
    if (word & SOCKET_SIGNAL_LOST)
        check_life();
    if (session.unfinished && !(word & SOCKET_SIGNAL_LOST)) {
        session.revivals++;
        if (revive() == -ESTALE)
            (void)socket_session_attach();
    }
    bool unfinished = session.unfinished;
    mutex_unlock(&socket_session_lock);
    return unfinished;
}
