/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction counts for `make bench`, one line a figure: BENCH name unit value how. They hold
 * stub, loop and kernel, and mean something on one hart under -icount only; what is checked here,
 * on any number, is the answers. IPC is counted in bench_ipc.c.
 */
/* timeout: 90 */
/* sources: tests/target/support/foreign.S */
#include <errno.h>
#include "channel.h"
#include "clock.h"
#include "memory.h"
#include "start.h"
#include "support/foreign.h"
#include "syscall.h"
#include "thread.h"
#include "tap.h"

#define ROUNDS 20000

static void report(const char *name, uint64_t instructions, uint64_t rounds, const char *how)
{
    printf("BENCH %s instructions %lu %s, mean of %lu\n", name,
           (unsigned long)((instructions + rounds - 1) / rounds), how, (unsigned long)rounds);
}

/* A native call of one argument, without a function around it. */
static inline int64_t trap(int64_t call, uint64_t argument)
{
    register int64_t number __asm__("a7") = call;
    register int64_t status __asm__("a0") = (int64_t)argument;
    __asm__ volatile("ecall"
                     : "+r"(status), "+r"(number)
                     :
                     : "a1", "a2", "a3", "a4", "a5", "a6", "t0", "t1", "t2", "t3", "t4", "t5", "t6",
                       "memory");
    return status;
}

static void bench_null(void)
{
    int64_t wrong = 0;
    uint64_t begin = clock_instructions();
    for (int i = 0; i < ROUNDS; i++)
        wrong |= trap(ANSER_CALL_null, 0);
    uint64_t instructions = clock_instructions() - begin;
    TEST(wrong == 0, "%d null calls return 0", ROUNDS);
    report("null_syscall", instructions, ROUNDS, "ecall to sret with the loop around it");
}

static void bench_c_path(void)
{
    struct channel channel;
    int64_t wrong = 0;
    channel_create(&channel, 8, 0);
    uint64_t begin = clock_instructions();
    for (int i = 0; i < ROUNDS; i++)
        wrong |= trap(ANSER_CALL_handle_info, (uint64_t)channel.send) ^ ANSER_TYPE_CHANNEL;
    uint64_t instructions = clock_instructions() - begin;
    TEST(wrong == 0, "%d times handle_info knows the channel", ROUNDS);
    report("native_c_path", instructions, ROUNDS, "handle_info, through the kernel's C dispatch");
    handle_close(channel.send);
    handle_close(channel.receive);
}

/* ---- What stock programs live on: foreign calls, and memory that comes when it is touched. ----
 */

#define HANDLER_PLACE 0x3500000000ul
#define LARGE_PLACE   0x3600000000ul
#define LARGE_LENGTH  (1ul << 30)
#define PAGES         512
#define RW            (ANSER_PROT_READ | ANSER_PROT_WRITE)

static void bench_foreign_call(void)
{
    const struct anser_handler_params params = {.entry = (uint64_t)foreign_handler,
                                                .nested = (uint64_t)foreign_handler,
                                                .address = HANDLER_PLACE,
                                                .stack_pages = 1};
    TEST(sys_thread_handler(&params).status == 0, "a handler that answers with the number plus 1");
    int64_t wrong = 0;
    uint64_t begin = clock_instructions();
    for (int i = 0; i < ROUNDS; i++)
        wrong |= trap(i, 0) ^ (i + 1);
    uint64_t instructions = clock_instructions() - begin;
    TEST(wrong == 0, "%d foreign calls are answered", ROUNDS);
    report("foreign_call", instructions, ROUNDS, "to its handler and back, 5 instructions there");
}

static void bench_touch(void)
{
    uint64_t place = LARGE_PLACE;
    TEST(sys_region_map(0, place, PAGES * MEMORY_PAGE, RW | ANSER_MAP_FIXED, 0, 0).status == 0,
         "memory to be touched");
    uint64_t sum = 0, begin = clock_instructions();
    for (uint64_t i = 0; i < PAGES; i++)
        sum |= *(volatile uint64_t *)(place + i * MEMORY_PAGE);
    uint64_t instructions = clock_instructions() - begin;
    TEST(sum == 0, "it is zero");
    report("zero_page", instructions, PAGES, "first touch of a page, pages in order");
    begin = clock_instructions();
    TEST(sys_region_unmap(0, place, PAGES * MEMORY_PAGE) == 0, "and it goes");
    report("unmap_page", clock_instructions() - begin, PAGES, "region_unmap of them all");
}

/* As Go's runtime does: a large reservation, a part of it made usable, used, given back. */
static void bench_regions(void)
{
    int64_t wrong = 0;
    const uint64_t rounds = 200, part = 16 * MEMORY_PAGE;
    uint64_t begin = clock_instructions();
    wrong |= sys_region_map(0, LARGE_PLACE, LARGE_LENGTH, ANSER_MAP_FIXED, 0, 0).status;
    uint64_t reserved = clock_instructions() - begin;
    begin = clock_instructions();
    for (uint64_t i = 0; i < rounds; i++)
        wrong |=
            sys_region_map(0, LARGE_PLACE + 2 * i * part, part, RW | ANSER_MAP_FIXED, 0, 0).status;
    uint64_t mapped = clock_instructions() - begin;
    begin = clock_instructions();
    for (uint64_t i = 0; i < rounds; i++)
        wrong |= sys_region_protect(0, LARGE_PLACE + 2 * i * part, part, ANSER_PROT_READ);
    uint64_t protected = clock_instructions() - begin;
    begin = clock_instructions();
    wrong |= sys_region_unmap(0, LARGE_PLACE, LARGE_LENGTH);
    uint64_t unmapped = clock_instructions() - begin;
    TEST(wrong == 0, "regions are reserved, mapped, protected, unmapped");
    report("region_reserve", reserved, 1, "1 GiB without rights");
    report("region_map", mapped, rounds, "64 KiB over a part of it");
    report("region_protect", protected, rounds, "the same part, nothing touched");
    report("region_unmap", unmapped, 2 * rounds, "a part; all of it at once");
}

static void come_and_go(void *argument)
{
    const struct anser_handler_params params = {.entry = (uint64_t)foreign_handler,
                                                .nested = (uint64_t)foreign_handler,
                                                .address = HANDLER_PLACE + 0x100000,
                                                .stack_pages = 4};
    *(uint64_t *)argument += sys_thread_handler(&params).status == 0;
}

static void bench_threads(void)
{
    const uint64_t rounds = 50;
    uint64_t came = 0;
    uint64_t begin = clock_instructions();
    for (uint64_t i = 0; i < rounds; i++) {
        struct thread *thread;
        if (thread_create(&thread, come_and_go, &came, NULL) == 0)
            thread_join(thread);
    }
    report("thread", clock_instructions() - begin, rounds,
           "made, with a handler of 4 pages, and ended");
    TEST(came == rounds, "%lu threads with handlers came and went", (unsigned long)rounds);
}

int main(void)
{
    bench_null();
    bench_c_path();
    bench_foreign_call();
    bench_touch();
    bench_regions();
    bench_threads();
    return tap_done();
}
