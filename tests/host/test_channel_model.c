/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's channels against a model, with random operations. Usage:
 *     test_channel_model                runs OPERATIONS= (2000000) of them, from SEED= (1) on
 *     test_channel_model replay FILE    runs a script
 *     test_channel_model emit           prints sequences with their outcomes, which
 *                                       tests/target/model.c and go/test/gomodel replay
 * What fails is shrunk (but for SHRINK=0) and printed as a script. Sequences run in a process of
 * their own, so that also one that crashes is shrunk.
 */
/* sources: tests/host/channel_operation.c tests/host/channel_model.c */
/* sources: tests/host/channel_model_settle.c tests/host/channel_model_calls.c */
/* sources: tests/host/channel_generate.c */
/* sources: tests/host/channel_kernel.c tests/host/channel_compare.c tests/host/channel_host.c */
/* sources: tests/host/channel_host_current.c */
/* sources: ipc/badge.c ipc/block.c ipc/calls.c ipc/calls_channel.c ipc/channel.c ipc/check.c */
/* sources: ipc/deliver.c */
/* sources: ipc/event.c ipc/exchange.c ipc/message.c ipc/reply.c ipc/select.c ipc/signal.c */
/* sources: ipc/waiter.c ipc/work.c */
/* sources: kern/account.c kern/calls_handle.c kern/event.c kern/handle.c kern/process.c */
/* sources: kern/tables.c kern/thread.c kern/timer.c kern/tree.c */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "channel_generate.h"
#include "channel_kernel.h"
#include "tap.h"

#define SEQUENCE_OPERATIONS 250
#define EMITTED_SEQUENCES   24
#define EMITTED_OPERATIONS  110
#define HANGS_SECONDS       60
#define SHARED_ERROR        240

/* What a child that runs sequences leaves behind when it dies. */
struct record {
    uint64_t seed;
    int64_t shape;
    int64_t count; /* operations so far in this sequence */
    uint64_t total;
    uint64_t sequences;
    uint64_t ended[OPERATION_KIND_COUNT][2]; /* calls that ended well, and with an error */
    uint64_t errors[128];
    uint64_t flags[16]; /* of outcomes: bit numbers */
    uint64_t ready[CASES_MAX + 1];
    char error[SHARED_ERROR];
    struct operation operations[OPERATIONS_MAX];
};
static struct record *record;

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

/* ---- One sequence. */

static bool applies(const struct operation *operation)
{
    int64_t target = operation->target;
    switch (operation->kind) {
    case OP_SEQUENCE:
        return false;
    case OP_TIME:
        return operation->until > model.now;
    case OP_LOSE:
        return model.threads[target].alive && model.threads[target].wait != WAIT_NOTHING;
    case OP_INTERRUPT:
    case OP_KILL_THREAD:
        return model.threads[target].alive;
    case OP_KILL_PROCESS:
        return !model.dead[target];
    default:
        return model.threads[operation->thread].alive &&
               model.threads[operation->thread].wait == WAIT_NOTHING;
    }
}

static void count_outcomes(void)
{
    for (int i = 0; i < MODEL_THREADS; i++) {
        const struct outcome *outcome = &model.outcomes[i];
        if (!outcome->ended)
            continue;
        int64_t status = outcome->status;
        record->ended[model.threads[i].call.kind][status < 0]++;
        if (status < 0)
            record->errors[-status]++;
        for (int bit = 10; status >= 0 && bit < 16; bit++)
            record->flags[bit] += (uint64_t)status >> bit & 1;
    }
    record->total++;
}

/* Says what comes of each operation. */
static bool telling;

static void tell(const struct operation *operation)
{
    operation_write(stdout, operation);
    for (int i = 0; i < MODEL_THREADS; i++)
        if (model.outcomes[i].ended && model.threads[i].alive)
            outcome_write(stdout, i, &model.outcomes[i]);
    fflush(stdout);
}

/* Runs one operation on both; false: they differ. */
static bool step(const struct operation *operation)
{
    struct outcome seen[MODEL_THREADS];
    if (!applies(operation))
        return true;
    if (operation->kind == OP_SELECT)
        record->ready[__builtin_popcount(model_ready_cases(operation))]++;
    bool struck = kernel_step(operation, seen);
    model_step(operation, seen, struck);
    count_outcomes();
    if (telling)
        tell(operation);
    return kernel_agrees(operation, seen);
}

static void begin(int64_t shape)
{
    int64_t room[MODEL_PROCESSES];
    alarm(HANGS_SECONDS); /* a sequence takes milliseconds */
    const struct shape *at = &shapes[shape];
    kernel_begin(at->processes, at->free_slots, at->budget, room);
    model_begin(at->processes, room, at->budget);
}

static bool say(void)
{
    snprintf(record->error, sizeof(record->error), "%s", kernel_error);
    return false;
}

static void print_head(void)
{
    struct operation head = operation_empty;
    head.kind = OP_SEQUENCE;
    head.thread = -1;
    head.target = record->shape;
    head.until = (int64_t)record->seed;
    operation_write(stdout, &head);
}

/* A new random sequence, which is left in the record. */
static bool run_random(uint64_t seed, int64_t shape, int64_t count)
{
    record->seed = seed;
    record->shape = shape;
    record->count = 0;
    record->sequences++;
    generate_seed(seed);
    begin(shape);
    if (telling)
        print_head();
    for (int64_t id = 0; id < count; id++) {
        struct operation *operation = &record->operations[id];
        generate(&shapes[shape], id, operation);
        record->count = id + 1;
        if (!step(operation))
            return say();
    }
    return kernel_end() || say();
}

/* The sequence that is in the record. */
static bool run_again(void)
{
    begin(record->shape);
    for (int64_t i = 0; i < record->count; i++)
        if (!step(&record->operations[i]))
            return say();
    return kernel_end() || say();
}

/* ---- In a process of its own. */

/* True: it ran to its end, and found nothing. quiet: what it has to say is known already. */
static bool in_child(bool (*run)(void), bool quiet)
{
    int status;
    fflush(stdout);
    record->error[0] = 0;
    pid_t child = fork();
    if (child == 0) {
        if (quiet && (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)))
            _exit(2);
        _exit(run() ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    if (status != 0 && record->error[0] == 0)
        snprintf(record->error, sizeof(record->error), "it crashed, status %d", status);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static uint64_t wanted, first_seed;

static bool run_many(void)
{
    for (uint64_t seed = first_seed; record->total < wanted; seed++)
        if (!run_random(seed, (int64_t)(seed % SHAPES), SEQUENCE_OPERATIONS))
            return false;
    return true;
}

/* ---- Shrinking: leaves out what the failure does not need. */

static void leave_out(int64_t from, int64_t count)
{
    record->count -= count;
    memmove(&record->operations[from], &record->operations[from + count],
            (size_t)(record->count - from) * sizeof(record->operations[0]));
}

static void shrink(void)
{
    static struct operation kept[OPERATIONS_MAX];
    for (int64_t piece = record->count / 2; piece > 0; piece = piece == 1 ? 0 : piece / 2)
        for (int64_t at = record->count - piece; at >= 0; at -= piece) {
            int64_t count = record->count;
            memcpy(kept, record->operations, sizeof(kept));
            leave_out(at, piece);
            if (!in_child(run_again, true))
                continue;
            memcpy(record->operations, kept, sizeof(kept));
            record->count = count;
        }
    in_child(run_again, true); /* for its error */
}

static void print_script(void)
{
    print_head();
    for (int64_t i = 0; i < record->count; i++)
        operation_write(stdout, &record->operations[i]);
}

static void report(void)
{
    printf("# seed %lu, after %ld operations: %s\n", record->seed, record->count, record->error);
    if (number_from("SHRINK", 1) == 0)
        return;
    shrink();
    printf("# shrunk to %ld operations: %s\n", record->count, record->error);
    print_script();
}

/* ---- Replay, and sequences for others. */

static char *read_text(const char *path)
{
    long size;
    char *text = NULL;
    FILE *from = fopen(path, "r");
    if (!from || fseek(from, 0, SEEK_END) != 0 || (size = ftell(from)) < 0)
        return NULL;
    rewind(from);
    text = calloc(1, (size_t)size + 1);
    if (fread(text, 1, (size_t)size, from) != (size_t)size)
        text[0] = 0;
    fclose(from);
    return text;
}

static bool name_sane(int64_t name)
{
    return name >= NO_NAME && name < NAMES_MAX;
}

/* A script may have been written by hand: are its numbers in their ranges? */
static bool sane(const struct operation *operation)
{
    bool by_thread = operation->kind < OP_TIME;
    int64_t targets = operation->kind == OP_GIVE || operation->kind == OP_KILL_PROCESS
                          ? MODEL_PROCESSES
                          : MODEL_THREADS;
    bool needs_target = operation->kind == OP_GIVE || operation->kind > OP_TIME;
    bool good = by_thread ? operation->thread >= 0 && operation->thread < MODEL_THREADS
                          : operation->thread == -1;
    good = good && (!needs_target || (operation->target >= 0 && operation->target < targets)) &&
           name_sane(operation->handle) && name_sane(operation->reply) &&
           name_sane(operation->carried[0]) && name_sane(operation->carried[1]);
    for (int i = 0; i < operation->case_count; i++)
        good =
            good && name_sane(operation->cases[i].handle) && name_sane(operation->cases[i].carried);
    return good;
}

static int read_script(const char *path)
{
    struct script_line line;
    int status;
    char *text = read_text(path);
    const char *at = text;
    if (!text) {
        printf("# cannot read %s\n", path);
        return 2;
    }
    record->count = 0;
    const char *begin = at;
    while ((status = script_read(&at, &line)) > 0 && record->count < OPERATIONS_MAX) {
        if (!line.outcome.ended && !sane(&line.operation)) {
            at = begin;
            status = -1;
            break;
        }
        begin = at;
        if (line.operation.kind == OP_SEQUENCE && record->count > 0) {
            status = 0; /* of several sequences the first */
            break;
        }
        if (!line.outcome.ended && line.operation.kind == OP_SEQUENCE)
            record->shape = line.operation.target % SHAPES;
        else if (!line.outcome.ended)
            record->operations[record->count++] = line.operation;
    }
    if (status != 0)
        printf("# %s: not understood: %.*s\n", path, (int)strcspn(at, "\n"), at);
    free(text);
    return status != 0 ? 2 : 0;
}

static int replay(const char *path)
{
    int status = read_script(path);
    if (status != 0)
        return status;
    telling = true;
    bool held = in_child(run_again, false);
    printf("# %s: %s\n", path, held ? "as in the model" : record->error);
    return held ? 0 : 1;
}

/* Sequences with their outcomes, for the programs that replay them on Anser. */
static int emit(void)
{
    for (uint64_t i = 0; i < EMITTED_SEQUENCES; i++) {
        bool held = run_random(i + 1, i % 2 ? REPLAY_GO : REPLAY_C, EMITTED_OPERATIONS);
        if (!held)
            return 1;
    }
    return 0;
}

static void test_all_happened(void)
{
    static const int errors[] = {ANSER_EPERM,  ANSER_ESRCH,  ANSER_EINTR,    ANSER_EBADF,
                                 ANSER_EAGAIN, ANSER_ENOMEM, ANSER_EFAULT,   ANSER_EINVAL,
                                 ANSER_EMFILE, ANSER_EPIPE,  ANSER_EMSGSIZE, ANSER_ETIMEDOUT};
    for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        TEST(record->errors[errors[i]] > 0, "error %d was told %lu times", errors[i],
             record->errors[errors[i]]);
    for (int bit = 10; bit <= 13; bit++)
        TEST(record->flags[bit] > 0, "flag 1 << %d came %lu times", bit, record->flags[bit]);
}

int main(int count, char **arguments)
{
    record = mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (record == MAP_FAILED)
        return 2;
    kernel_boot();
    if (count == 3 && strcmp(arguments[1], "replay") == 0)
        return replay(arguments[2]);
    telling = count == 2 && strcmp(arguments[1], "emit") == 0;
    if (telling)
        return emit();
    if (count != 1) {
        printf("usage: %s [replay FILE | emit]\n", arguments[0]);
        return 2;
    }
    wanted = number_from("OPERATIONS", 2000000);
    first_seed = number_from("SEED", 1);
    bool held = in_child(run_many, false);
    TEST(held, "%lu operations in %lu sequences, seeds from %lu on", record->total,
         record->sequences, first_seed);
    if (!held)
        report();
    else
        test_all_happened();
    return tap_done();
}
