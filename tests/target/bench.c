/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction counts for `make bench`, one line a figure: BENCH name unit value how. Client and
 * server are two processes; the counts hold everything: stubs, loop, kernel, both sides. They mean
 * something on one hart under -icount only; what is checked here, on any number, is the answers.
 */
/* timeout: 90 */
/* sources: tests/target/support/foreign.S */
#include <errno.h>
#include "channel.h"
#include "clock.h"
#include "ipc.h"
#include "self_image.h"
#include "memory.h"
#include "start.h"
#include "support/foreign.h"
#include "syscall.h"
#include "thread.h"
#include "tap.h"

#define ROUNDS 20000

/* The words of the 8-word case. Between two messages they are in memory, as real data would be. */
static uint64_t bench_words[IPC_WORDS];
#define WORDS_ARE_IN_MEMORY() __asm__ volatile("" : : "r"(bench_words) : "memory")

/* ---- The server's side: adds one to a single word, sends 8 back as they are. * */

static int serve_word(anser_handle receive)
{
    struct ipc_registers first = {.info = 0};
    int64_t status = ipc_exchange(ANSER_CALL_recv, receive, &first);
    uint64_t word = first.words[0], badge;
    while (status == (ANSER_INFO_CALL | 8)) {
        word++;
        status = ipc_reply_recv_word(receive, &word, &badge);
    }
    return status & ANSER_INFO_CLOSED ? 0 : 1;
}

static int serve_words(anser_handle receive)
{
    struct ipc_registers first = {.info = 0};
    int64_t status = ipc_exchange(ANSER_CALL_recv, receive, &first);
    uint64_t badge;
    memcpy(bench_words, first.words, sizeof(bench_words));
    while (status == (ANSER_INFO_CALL | 64)) {
        WORDS_ARE_IN_MEMORY();
        status = ipc_reply_recv_words(receive, bench_words, &badge);
    }
    return status & ANSER_INFO_CLOSED ? 0 : 1;
}

/* ---- The client's.
 * ---------------------------------------------------------------------------------- */

static void report(const char *name, uint64_t instructions, uint64_t rounds, const char *how)
{
    printf("BENCH %s instructions %lu %s, mean of %lu\n", name,
           (unsigned long)((instructions + rounds - 1) / rounds), how, (unsigned long)rounds);
}

/* Returns the instructions for so many calls of one word; *good: all were answered rightly. */
static uint64_t call_word(anser_handle server, uint64_t rounds, bool *good)
{
    uint64_t word = 0;
    int64_t wrong = 0;
    uint64_t begin = clock_instructions();
    for (uint64_t i = 0; i < rounds; i++)
        wrong |= ipc_call_word(server, &word) ^ 8;
    uint64_t instructions = clock_instructions() - begin;
    *good = wrong == 0 && word == rounds;
    return instructions;
}

static uint64_t call_words(anser_handle server, uint64_t rounds, bool *good)
{
    int64_t wrong = 0;
    for (uint64_t i = 0; i < IPC_WORDS; i++)
        bench_words[i] = i + 1;
    uint64_t begin = clock_instructions();
    for (uint64_t i = 0; i < rounds; i++) {
        WORDS_ARE_IN_MEMORY();
        wrong |= ipc_call_words(server, bench_words) ^ 64;
    }
    uint64_t instructions = clock_instructions() - begin;
    *good = wrong == 0;
    for (uint64_t i = 0; i < IPC_WORDS; i++)
        *good &= bench_words[i] == i + 1;
    return instructions;
}

static void bench_call(const struct self_image *image, size_t size, const char *role,
                       uint64_t (*call)(anser_handle, uint64_t, bool *), const char *name,
                       const char *how)
{
    struct spawn spawn = {0};
    struct channel channel;
    bool good = false;
    TEST(channel_create(&channel, ANSER_REGISTER_BYTES, 0) == 0, "a channel for %s", name);
    struct spawn_handle receive = {"receive", channel.receive};
    anser_handle process = self_start(&spawn, image, size, role, &receive, 1);
    if (!TEST(process > 0, "a server in a process of its own"))
        return;
    call(channel.send, 16, &good);
    TEST(good, "it answers");
    uint64_t instructions = call(channel.send, ROUNDS, &good);
    TEST(good, "all %d calls are answered rightly", ROUNDS);
    report(name, instructions, ROUNDS, how);
    handle_close(channel.send);
    handle_close(process);
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

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "word") == 0)
        return serve_word(start_handle("receive"));
    if (argc == 2 && strcmp(argv[1], "words") == 0)
        return serve_words(start_handle("receive"));
    size_t size;
    struct self_image *image = self_image_make(&size);
    bench_null();
    bench_c_path();
    bench_foreign_call();
    bench_touch();
    bench_regions();
    bench_threads();
    bench_call(image, size, "word", call_word, "call_reply_1w",
               "call and reply_recv between two processes, 1 word, loops included");
    bench_call(image, size, "words", call_words, "call_reply_8w",
               "the same, 8 words from and to memory at both ends");
    return tap_done();
}
