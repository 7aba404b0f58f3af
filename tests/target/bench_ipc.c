/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction counts of IPC for `make bench`, one line a figure: BENCH name unit value how. Each is
 * between two processes in two address spaces and holds everything: stubs, loops, kernel, both
 * sides. They mean something on one hart under -icount only; what is checked here, on any number,
 * is that the messages are right.
 */
/* timeout: 90 */
#include <errno.h>
#include "channel.h"
#include "clock.h"
#include "ipc.h"
#include "self_image.h"
#include "memory.h"
#include "start.h"
#include "syscall.h"
#include "thread.h"
#include "tap.h"

#define ROUNDS 20000
#define FEW    200  /* rounds of what takes thousands of instructions */
#define BUDGET 1024 /* pages of a process: it is given 512 at once */
#define RW     (ANSER_PROT_READ | ANSER_PROT_WRITE)

/* The words of the 8-word case. Between two messages they are in memory, as real data would be. */
static uint64_t bench_words[IPC_WORDS];
#define WORDS_ARE_IN_MEMORY() __asm__ volatile("" : : "r"(bench_words) : "memory")

/* ---- Servers: one adds one to a single word, one sends 8 back as they are. */

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

/* Answers each signal with one. */
static int serve_signals(anser_handle receive, anser_handle send)
{
    uint64_t word;
    int64_t status;
    while ((status = ipc_wait(receive, &word)) == 0 && word == 1)
        status |= ipc_signal(send, 1);
    return status == -EPIPE ? 0 : 1;
}

/* Takes words, which count up. */
static int take_words(anser_handle receive)
{
    uint64_t word, badge, expected = 0;
    int64_t status, wrong = 0;
    while ((status = ipc_recv_word(receive, &word, &badge)) == 8)
        wrong |= (int64_t)(word ^ expected++);
    return status & ANSER_INFO_CLOSED && wrong == 0 ? 0 : 1;
}

static uint64_t page[MEMORY_PAGE / 8] __attribute__((aligned(MEMORY_PAGE)));

/* Takes pages full of words, the first of which counts up. */
static int take_pages(anser_handle receive)
{
    struct anser_message block = {.recv_data = (uint64_t)page, .recv_capacity = sizeof(page)};
    int64_t status, wrong = 0;
    for (uint64_t n = 0;
         (status = sys_recv(receive, ANSER_INFO_MEM, &block).status) == 0 && block.recv_length > 0;
         n++)
        wrong |= (int64_t)(block.recv_length ^ sizeof(page)) | (int64_t)(page[0] ^ n) |
                 (int64_t)(page[511] ^ 511);
    return status & ANSER_INFO_CLOSED && wrong == 0 ? 0 : 1;
}

/* Gives each handle back that it is given. */
static int serve_handles(anser_handle receive)
{
    struct ipc_registers registers = {.info = 0};
    int64_t status = ipc_exchange(ANSER_CALL_recv, receive, &registers);
    while (status == (ANSER_INFO_CALL | (int64_t)IPC_INFO(0, 1))) {
        registers.info = IPC_INFO(0, 1);
        status = ipc_exchange(ANSER_CALL_reply_recv, receive, &registers);
    }
    return status & ANSER_INFO_CLOSED ? 0 : 1;
}

/* ---- The other side. */

static const struct self_image *image;
static size_t image_size;
static uint64_t priority; /* of this program */

static void report(const char *name, uint64_t instructions, uint64_t rounds, const char *how)
{
    printf("BENCH %s instructions %lu %s, mean of %lu\n", name,
           (unsigned long)((instructions + rounds - 1) / rounds), how, (unsigned long)rounds);
}

/* Starts a role in a process of its own. The handles are consumed. Returns its process. */
static anser_handle start(const char *role, uint64_t at, const struct spawn_handle *handles,
                          size_t count)
{
    struct spawn spawn = {.priority = at, .priority_max = at, .budget_pages = BUDGET};
    anser_handle process = self_start(&spawn, image, image_size, role, handles, count);
    TEST(process > 0, "%s in a process of its own", role);
    return process;
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

static void bench_call(const char *role, uint64_t (*call)(anser_handle, uint64_t, bool *),
                       const char *name, const char *how)
{
    struct channel channel;
    bool good = false;
    TEST(channel_create(&channel, ANSER_REGISTER_BYTES, 0) == 0, "a channel for %s", name);
    struct spawn_handle receive = {"receive", channel.receive};
    anser_handle process = start(role, priority, &receive, 1);
    call(channel.send, 16, &good);
    TEST(good, "it answers");
    uint64_t instructions = call(channel.send, ROUNDS, &good);
    TEST(good, "all %d calls are answered rightly", ROUNDS);
    report(name, instructions, ROUNDS, how);
    handle_close(channel.send);
    handle_close(process);
}

static volatile bool busy_is_over;

static void be_busy(void *ignored)
{
    (void)ignored;
    while (!busy_is_over) {}
}

static void bench_call_busy(void)
{
    struct thread *thread;
    const struct thread_options below = {.own_priority = true, .priority = priority - 1};
    TEST(thread_create(&thread, be_busy, NULL, &below) == 0, "a thread that could always run");
    bench_call("word", call_word, "call_reply_1w_busy",
               "the same, 1 word, while an unrelated thread of lower priority is ready");
    busy_is_over = true;
    thread_join(thread);
}

static uint64_t ping(anser_handle send, anser_handle receive, uint64_t rounds, bool *good)
{
    uint64_t word, missing = 0;
    int64_t wrong = 0;
    uint64_t begin = clock_instructions();
    for (uint64_t i = 0; i < rounds; i++) {
        wrong |= ipc_signal(send, 1);
        wrong |= ipc_wait(receive, &word);
        missing |= word ^ 1;
    }
    uint64_t instructions = clock_instructions() - begin;
    *good = wrong == 0 && missing == 0;
    return instructions;
}

static void bench_signals(void)
{
    struct channel there, back;
    bool good = false;
    TEST(channel_create_signal(&there) == 0 && channel_create_signal(&back) == 0, "two signals");
    struct spawn_handle handles[] = {{"receive", there.receive}, {"send", back.send}};
    anser_handle process = start("signals", priority, handles, 2);
    ping(there.send, back.receive, 16, &good);
    TEST(good, "each signal is answered");
    uint64_t instructions = ping(there.send, back.receive, ROUNDS, &good);
    TEST(good, "all %d are", ROUNDS);
    report("signal_pingpong", instructions, ROUNDS, "signal and wait in two processes, both ways");
    handle_close(there.send);
    handle_close(back.receive);
    handle_close(process);
}

static uint64_t give_words(anser_handle send, uint64_t first, uint64_t end, int64_t *wrong)
{
    uint64_t begin = clock_instructions();
    for (uint64_t i = first; i < end; i++)
        *wrong |= ipc_send_word(send, i);
    return clock_instructions() - begin;
}

static uint64_t give_pages(anser_handle send, uint64_t first, uint64_t end, int64_t *wrong)
{
    struct anser_message block = {.send_data = (uint64_t)page, .send_length = sizeof(page)};
    page[511] = 511;
    uint64_t begin = clock_instructions();
    for (uint64_t i = first; i < end; i++) {
        page[0] = i;
        *wrong |= sys_send(send, ANSER_INFO_MEM, &block).status;
    }
    return clock_instructions() - begin;
}

static void await_exit(anser_handle exit, anser_handle process)
{
    struct channel_in in = {0};
    uint64_t words[IPC_WORDS];
    in.data = words;
    in.capacity = sizeof(words);
    TEST(channel_receive(exit, &in, 0, CLOCK_NEVER) >= 0 && words[1] == 0,
         "all of it arrived rightly");
    handle_close(process);
}

/* The taker runs as soon as it has something, at `above` the giver's priority. */
static void bench_send(const char *role, uint64_t element, int above,
                       uint64_t (*give)(anser_handle, uint64_t, uint64_t, int64_t *),
                       uint64_t rounds, const char *name, const char *how)
{
    struct channel channel, exit;
    int64_t wrong = 0;
    TEST(channel_create(&channel, element, 0) == 0 && channel_create(&exit, 64, 0) == 0,
         "a channel for %s", name);
    struct spawn_handle receive = {"receive", channel.receive};
    struct spawn spawn = {.priority = priority, .priority_max = priority, .exit = exit.send};
    sys_thread_priority(0, priority - (uint64_t)above);
    anser_handle process = self_start(&spawn, image, image_size, role, &receive, 1);
    TEST(process > 0, "%s in a process of its own", role);
    give(channel.send, 0, 16, &wrong);
    uint64_t instructions = give(channel.send, 16, 16 + rounds, &wrong);
    TEST(wrong == 0, "%lu messages are sent", (unsigned long)rounds);
    report(name, instructions, rounds, how);
    handle_close(channel.send);
    await_exit(exit.receive, process);
    sys_thread_priority(0, priority);
    handle_close(exit.send);
    handle_close(exit.receive);
}

static uint64_t move_pages(anser_handle server, uint64_t count, uint64_t rounds, int64_t *wrong)
{
    struct ipc_registers registers = {.handles = {sys_pages_create(count, 0, 0)}};
    uint64_t instructions = 0, length = count * MEMORY_PAGE;
    for (uint64_t i = 0; i < rounds; i++) {
        struct sys_result place = sys_region_map(0, 0, length, RW, registers.handles[0], 0);
        *wrong |= place.status;
        *(volatile uint64_t *)place.value = i;
        *(volatile uint64_t *)(place.value + length - 8) = i;
        registers.info = IPC_INFO(0, 1);
        uint64_t begin = clock_instructions();
        *wrong |= ipc_exchange(ANSER_CALL_call, server, &registers) ^ (int64_t)IPC_INFO(0, 1);
        instructions += clock_instructions() - begin;
    }
    handle_close(registers.handles[0]);
    return instructions;
}

static void bench_pages(void)
{
    const char *how = "call with a mapped pages object, reply with it; maps not counted";
    struct channel channel;
    int64_t wrong = 0;
    TEST(channel_create(&channel, 0, 0) == 0, "a channel for pages");
    struct spawn_handle receive = {"receive", channel.receive};
    anser_handle process = start("handles", priority, &receive, 1);
    move_pages(channel.send, 1, 4, &wrong);
    report("pages_move_4k", move_pages(channel.send, 1, FEW, &wrong), FEW, how);
    report("pages_move_2m", move_pages(channel.send, 512, FEW, &wrong), FEW, how);
    TEST(wrong == 0, "pages go and come back");
    handle_close(channel.send);
    handle_close(process);
}

static int play(const char *role)
{
    anser_handle receive = start_handle("receive");
    if (strcmp(role, "word") == 0)
        return serve_word(receive);
    if (strcmp(role, "words") == 0)
        return serve_words(receive);
    if (strcmp(role, "signals") == 0)
        return serve_signals(receive, start_handle("send"));
    if (strcmp(role, "take-words") == 0)
        return take_words(receive);
    if (strcmp(role, "take-pages") == 0)
        return take_pages(receive);
    return serve_handles(receive);
}

static void bench_1w(void)
{
    bench_call("word", call_word, "call_reply_1w",
               "call and reply_recv between two processes, 1 word, loops included");
}

static void bench_8w(void)
{
    bench_call("words", call_words, "call_reply_8w",
               "the same, 8 words from and to memory at both ends");
}

static void bench_unbuffered(void)
{
    bench_send("take-words", 8, 1, give_words, ROUNDS, "send_recv_unbuffered",
               "send to a waiting receiver of higher priority, and its next recv");
}

static void bench_same_priority(void)
{
    bench_send("take-words", 8, 0, give_words, ROUNDS, "send_recv_same_priority",
               "the same, of the sender's priority");
}

static void bench_4k(void)
{
    bench_send("take-pages", MEMORY_PAGE, 1, give_pages, FEW, "send_recv_4k",
               "4 KiB, send to a waiting receiver of higher priority, and its next recv");
}

static const struct {
    const char *name;
    void (*run)(void);
} benches[] = {{"1w", bench_1w},
               {"8w", bench_8w},
               {"busy", bench_call_busy},
               {"signals", bench_signals},
               {"unbuffered", bench_unbuffered},
               {"same-priority", bench_same_priority},
               {"4k", bench_4k},
               {"pages", bench_pages}};

/* Without arguments all; `only NAME`: one of them. */
int main(int argc, char **argv)
{
    if (argc == 2)
        return play(argv[1]);
    image = self_image_make(&image_size);
    priority = (uint64_t)sys_thread_priority(0, 1);
    sys_thread_priority(0, priority);
    for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++)
        if (argc < 3 || strcmp(argv[2], benches[i].name) == 0)
            benches[i].run();
    return tap_done();
}
