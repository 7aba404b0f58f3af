/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the two halves of the system under test: its world, and what its threads see. */
#ifndef TESTS_CHANNEL_KERNEL_PARTS_H
#define TESTS_CHANNEL_KERNEL_PARTS_H

#include "channel_host.h"
#include "channel_kernel.h"

#define KEPT 0x5a5a5a5a5a5a5a5aul

/* A thread's user memory. Each part is lost by itself. */
struct memory {
    struct {
        struct anser_message blocks[CASES_MAX];
        struct anser_case cases[CASES_MAX];
    } block;
    /* The first of each lies in one page, the others in two. */
    _Alignas(PAGE_SIZE) uint8_t sent[CASES_MAX][ANSER_ELEMENT_MAX + 1];
    _Alignas(PAGE_SIZE) uint8_t received[CASES_MAX][ANSER_ELEMENT_MAX + 1];
};

struct kernel_world {
    struct process *processes[MODEL_PROCESSES];
    struct thread *threads[MODEL_THREADS];
    bool waits[MODEL_THREADS];
    uint64_t values[NAMES_MAX]; /* the handle of this name */
    struct object *channels[MODEL_CHANNELS];
    uint64_t table_used[MODEL_PROCESSES]; /* by handles without a name */
    uint64_t blocks_before, objects_before;
};

extern struct kernel_world kernel;
extern struct memory memories[MODEL_THREADS];
extern struct object kernel_filler; /* behind handles that no operation knows */

/* Keeps what is wrong, if it is the first thing. False. */
bool kernel_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Whoever may run does what is to be done before user mode, until nobody has any of it. */
void kernel_let_run(void);

#endif
