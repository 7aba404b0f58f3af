/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one thread takes away, another one on any hart has no more: pages that are unmapped,
 * protected, frozen, decommitted, copied or sent while a thread writes to them; and what no user
 * thread ever has: the kernel's addresses.
 */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
/* timeout: 120 */
#include "channel.h"
#include "clock.h"
#include "memory.h"
#include "start.h"
#include "support/balance.h"
#include "support/child.h"
#include "syscall.h"
#include "tap.h"

#define PAGE  MEMORY_PAGE
#define R     ANSER_PROT_READ
#define RW    (ANSER_PROT_READ | ANSER_PROT_WRITE)
#define PLACE 0x3400000000ul /* nothing is there */
#define STACK (PLACE + 64 * PAGE)

enum { CAUSE_FETCH = 12, CAUSE_LOAD = 13, CAUSE_STORE = 15 };

static volatile uint64_t writes;
static volatile uint32_t nobody_wakes;
static uint64_t second; /* in ticks; a child cannot ask */

/* Has no stack to speak of; counts what it has written. */
static void write_for_ever(uint64_t address)
{
    volatile uint64_t *word = (volatile uint64_t *)address;
    for (;;) {
        (*word)++;
        writes++;
    }
}

static void wait_for_writes(void)
{
    uint64_t before = writes;
    /* On a hart of its own the writer needs no yield, and would have to wait for the kernel. */
    for (unsigned i = 1; writes < before + 100; i++) {
        if (i % 10000 == 0)
            sys_thread_yield();
    }
}

/* A child's second thread writes to the page at PLACE, on another hart if there is one. */
static int64_t start_writer(void)
{
    struct anser_thread_params params = {
        .entry = (uint64_t)write_for_ever,
        .argument = PLACE,
        .stack = STACK + PAGE,
        .priority = (uint64_t)sys_thread_priority(0, 0),
    };
    __asm__ volatile("mv %0, tp" : "=r"(params.tls));
    sys_thread_priority(0, params.priority);
    sys_region_map(0, STACK, PAGE, RW | ANSER_MAP_FIXED, 0, 0);
    int64_t thread = sys_thread_create(0, &params);
    if (thread >= 0)
        wait_for_writes();
    return thread;
}

enum way {
    UNMAP,
    PROTECT,
    FORBID,
    REPLACE,
    FREEZE,
    SEND,
    MEGA_UNMAP,
    MEGA_PROTECT,
    SHARED_UNMAP,
    SHARED_PROTECT,
    WAYS
};

static int64_t take_away(enum way way, anser_handle object, anser_handle channel)
{
    struct channel_out out = {.handle_count = 1, .handles = {object}};
    switch (way) {
    case UNMAP:
    case MEGA_UNMAP:
    case SHARED_UNMAP:
        return sys_region_unmap(0, PLACE, PAGE);
    case PROTECT:
    case MEGA_PROTECT:
    case SHARED_PROTECT:
        return sys_region_protect(0, PLACE, PAGE, R);
    case FORBID:
        return sys_region_protect(0, PLACE, PAGE, ANSER_PROT_NONE);
    case REPLACE:
        return sys_region_map(0, PLACE, PAGE, R | ANSER_MAP_FIXED, 0, 0).status;
    case FREEZE:
        return sys_pages_freeze(object);
    default:
        return channel_send(channel, &out, CLOCK_NEVER);
    }
}

static int64_t lose_page(uint64_t way)
{
    bool mega = way == MEGA_UNMAP || way == MEGA_PROTECT;
    bool shared = way == SHARED_UNMAP || way == SHARED_PROTECT;
    anser_handle object = sys_pages_create(mega ? 512 : 1, shared ? ANSER_PAGES_SHARED : 0, 0);
    if (object < 0 || sys_region_map(0, PLACE, PAGE, RW | ANSER_MAP_FIXED, object, 0).status != 0)
        return -1;
    if (mega && sys_region_map(0, PLACE, 512 * PAGE, RW | ANSER_MAP_FIXED, object, 0).status != 0)
        return -2;
    if (mega) {
        /* The writer's stack is elsewhere then. */
        sys_region_unmap(0, STACK, PAGE);
    }
    if (start_writer() < 0)
        return -3;
    if (take_away((enum way)way, object, child_handles[0]) != 0)
        return -4;
    /* It ends us, unless it goes on as if nothing had happened. */
    uint64_t before = writes;
    sys_word_wait(&nobody_wakes, 0, clock_now() + second);
    return writes - before > 1 ? -5 : 1;
}

static void test_taken(void)
{
    static const char *const ways[WAYS] = {
        "unmapped",
        "made read-only",
        "forbidden",
        "replaced",
        "frozen",
        "sent",
        "unmapped from a megapage",
        "made read-only in a megapage",
        "unmapped here, though it is shared",
        "made read-only here, though it is shared",
    };
    /* The writer reads before it writes. */
    static const uint64_t causes[WAYS] = {
        [UNMAP] = CAUSE_LOAD,           [PROTECT] = CAUSE_STORE,      [FORBID] = CAUSE_LOAD,
        [REPLACE] = CAUSE_STORE,        [FREEZE] = CAUSE_STORE,       [SEND] = CAUSE_LOAD,
        [MEGA_UNMAP] = CAUSE_LOAD,      [MEGA_PROTECT] = CAUSE_STORE, [SHARED_UNMAP] = CAUSE_LOAD,
        [SHARED_PROTECT] = CAUSE_STORE,
    };
    for (enum way way = 0; way < WAYS; way++) {
        struct channel channel;
        channel_create(&channel, 8, 2);
        struct child_options options = {.budget_pages = 1200, .handle_count = 1};
        options.handles[0] = channel.send;
        struct child_end end = child_run(lose_page, way, &options);
        TEST(end.reason == ANSER_EXIT_FAULT && end.status == ANSER_FAULT_ACCESS &&
                 end.cause == causes[way] && end.value == PLACE,
             "a writer stops at a page that is %s (%lu, %ld, %lx)", ways[way], end.reason,
             end.status, end.value);
        handle_close(channel.receive);
    }
}

/* A decommitted page is a new one: what the writer adds to it begins at zero. */
static int64_t decommit(uint64_t rounds)
{
    volatile uint64_t *word = (volatile uint64_t *)PLACE;
    sys_region_map(0, PLACE, PAGE, RW | ANSER_MAP_FIXED, 0, 0);
    *word = 1ul << 40;
    if (start_writer() < 0)
        return -1;
    for (uint64_t i = 0; i < rounds; i++) {
        sys_region_decommit(0, PLACE, PAGE);
        wait_for_writes();
        if (*word >= 1ul << 40)
            return -2;
        __atomic_fetch_or((uint64_t *)PLACE, 1ul << 40, __ATOMIC_SEQ_CST);
    }
    return 0;
}

/* A copy stands still, whatever the writer does to the source. */
static int64_t copy(uint64_t rounds)
{
    const uint64_t to = PLACE + 16 * PAGE;
    sys_region_map(0, PLACE, PAGE, RW | ANSER_MAP_FIXED, 0, 0);
    if (start_writer() < 0)
        return -1;
    for (uint64_t i = 0; i < rounds; i++) {
        if (sys_region_copy(0, to, PLACE, PAGE, RW) != 0)
            return -2;
        uint64_t then = *(volatile uint64_t *)to;
        wait_for_writes();
        if (*(volatile uint64_t *)to != then || *(volatile uint64_t *)PLACE <= then)
            return -3;
    }
    return 0;
}

static void test_renewed(void)
{
    struct child_end end = child_run(decommit, 50, NULL);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 0,
         "50 times decommitted under a writer: always a new page (%lu, %ld)", end.reason,
         end.status);
    end = child_run(copy, 50, NULL);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 0,
         "50 copies under a writer: each stands still (%lu, %ld)", end.reason, end.status);
}

/* ---- The kernel's addresses. */

static int64_t load(uint64_t address)
{
    return *(volatile int64_t *)address;
}

static int64_t store(uint64_t address)
{
    *(volatile int64_t *)address = 1;
    return 0;
}

static int64_t jump(uint64_t address)
{
    ((void (*)(void))address)();
    return 0;
}

static void test_kernel(void)
{
    static const struct {
        uint64_t address;
        const char *what;
    } places[] = {
        {0x80200000, "the kernel's text"},
        {0x80000000, "the firmware"},
        {0x10000000, "a device"},
        {0xffffffc080200000, "the kernel's text in the direct map"},
        {0xffffffc084000000, "free memory in the direct map"},
        {0xffffffc00c000000, "the interrupt controller"},
        {1ul << 38, "an address that is none"},
        {-8ul, "the last word of all"},
    };
    static int64_t (*const functions[])(uint64_t) = {load, store, jump};
    static const uint64_t causes[] = {CAUSE_LOAD, CAUSE_STORE, CAUSE_FETCH};
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        for (unsigned f = 0; f < 3; f++) {
            struct child_end end = child_run(functions[f], places[i].address, NULL);
            TEST(end.reason == ANSER_EXIT_FAULT && end.status == ANSER_FAULT_ACCESS &&
                     end.cause == causes[f] && end.value == places[i].address,
                 "%s: cause %lu at %lx", places[i].what, end.cause, end.value);
        }
    }
}

/* ---- Page tables of a process that wanders. */

static int64_t wander(uint64_t pages)
{
    for (uint64_t i = 0; i < 400; i++) {
        uint64_t place = PLACE + (i << 21);
        if (sys_region_map(0, place, pages * PAGE, RW | ANSER_MAP_FIXED, 0, 0).status != 0)
            return -1;
        *(volatile uint64_t *)place = 1;
        if (sys_region_unmap(0, place, pages * PAGE) != 0)
            return -2;
    }
    return 0;
}

static void test_tables(void)
{
    struct child_options options = {.budget_pages = 120};
    static const uint64_t lengths[] = {1, 40};
    for (unsigned i = 0; i < 2; i++) {
        struct child_end end = child_run(wander, lengths[i], &options);
        TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 0,
             "400 places, one after the other, of %lu pages: their tables go (%lu, %ld)",
             lengths[i], end.reason, end.status);
    }
}

int main(void)
{
    struct balance before = {0};
    second = clock_hertz();
    for (unsigned round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_taken();
        test_renewed();
        test_kernel();
        test_tables();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
