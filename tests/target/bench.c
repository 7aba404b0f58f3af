/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction counts for `make bench`, one line a figure: BENCH name unit value how. Client and
 * server are two processes; the counts hold everything: stubs, loop, kernel, both sides. They mean
 * something on one hart under -icount only; what is checked here, on any number, is the answers.
 */
/* timeout: 90 */
#include <errno.h>
#include "channel.h"
#include "clock.h"
#include "ipc.h"
#include "self_image.h"
#include "start.h"
#include "syscall.h"
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
    __asm__ volatile("ecall" : "+r"(status) : "r"(number) : "a1", "memory");
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
    bench_call(image, size, "word", call_word, "call_reply_1w",
               "call and reply_recv between two processes, 1 word, loops included");
    bench_call(image, size, "words", call_words, "call_reply_8w",
               "the same, 8 words from and to memory at both ends");
    return tap_done();
}
