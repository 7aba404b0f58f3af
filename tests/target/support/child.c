/* SPDX-License-Identifier: BSD-2-Clause */
/* Making a child: its text from a private copy of our own, its data as they are now. */
#include <errno.h>
#include <string.h>
#include "child.h"
#include "clock.h"
#include "channel.h"
#include "memory.h"
#include "syscall.h"

#define TEXT_START   0x10000ul
#define WAIT_SECONDS 20

extern char __tdata_start[], __bss_end[], __tls_first[];
void child_begin(void);
void child_thread_begin(void);
_Noreturn void child_thread_end(void);
_Noreturn void child_main(int64_t (*function)(uint64_t));

anser_handle child_handles[CHILD_HANDLES];
static uint64_t child_argument;

/* Text may be mapped from the archive, which cannot be copied from: once, it is read over. A
 * child's own text is such a copy already. */
static char *text_copy;

__asm__(".section .text.child_begin, \"ax\"\n"
        ".globl child_begin\n"
        "child_begin:\n"
        ".option push\n"
        ".option norelax\n"
        "    la gp, __global_pointer$\n"
        ".option pop\n"
        "    li s0, 0\n"
        "    li ra, 0\n"
        "    tail child_main\n"
        ".globl child_thread_begin\n"
        "child_thread_begin:\n"
        ".option push\n"
        ".option norelax\n"
        "    la gp, __global_pointer$\n"
        ".option pop\n"
        "    jalr a0\n"
        "    tail child_thread_end\n"
        ".text\n");

_Noreturn void child_main(int64_t (*function)(uint64_t))
{
    text_copy = (char *)TEXT_START;
    sys_process_exit((uint64_t)function(child_argument));
}

_Noreturn void child_thread_end(void)
{
    sys_thread_exit(NULL);
}

int64_t child_thread(void (*function)(void), uint64_t stack)
{
    struct anser_thread_params params = {
        .entry = (uint64_t)child_thread_begin, .stack = stack, .argument = (uint64_t)function};
    return sys_thread_create(0, &params);
}

/* There is no call that only asks: the priority is raised as far as it goes, and set back. */
static uint64_t own, ceiling;

static void find_priorities(void)
{
    static bool known;
    if (known)
        return;
    known = true;
    ceiling = ANSER_PRIORITIES - 1;
    int64_t before;
    while ((before = sys_thread_priority(0, ceiling)) < 0 && ceiling > 0)
        ceiling--;
    own = before < 0 ? 0 : (uint64_t)before;
    sys_thread_priority(0, own);
}

uint64_t child_priority_max(void)
{
    find_priorities();
    return ceiling;
}

static int64_t fill_space(anser_handle process)
{
    uint64_t data = (uint64_t)__tdata_start;
    uint64_t end = memory_round_up((uint64_t)__bss_end);
    if (text_copy == NULL) {
        text_copy = memory_map(data - TEXT_START);
        if (text_copy == NULL)
            return -errno;
        memcpy(text_copy, (const void *)TEXT_START, data - TEXT_START);
    }
    int64_t status = sys_region_copy(process, TEXT_START, (uint64_t)text_copy, data - TEXT_START,
                                     ANSER_PROT_READ | ANSER_PROT_EXEC);
    if (status == 0)
        status =
            sys_region_copy(process, data, data, end - data, ANSER_PROT_READ | ANSER_PROT_WRITE);
    if (status == 0)
        status = sys_region_map(process, CHILD_STACK - CHILD_STACK_SIZE, CHILD_STACK_SIZE,
                                ANSER_PROT_READ | ANSER_PROT_WRITE | ANSER_MAP_NOREPLACE, 0, 0)
                     .status;
    return status;
}

static int64_t give_handles(anser_handle process, const struct child_options *options)
{
    for (unsigned i = 0; i < options->handle_count; i++) {
        child_handles[i] = sys_handle_give(process, options->handles[i]);
        if (child_handles[i] < 0)
            return child_handles[i];
    }
    return 0;
}

static int64_t start_thread(anser_handle process, int64_t (*function)(uint64_t), uint64_t priority)
{
    struct anser_thread_params params = {
        .entry = (uint64_t)child_begin,
        .stack = CHILD_STACK,
        .argument = (uint64_t)function,
        .tls = (uint64_t)__tls_first,
        .priority = priority,
    };
    return sys_thread_create(process, &params);
}

static void undo(struct child *child)
{
    if (child->process > 0) {
        sys_process_kill(child->process, 0);
        sys_handle_close(child->process);
    }
    sys_handle_close(child->exit);
}

int child_start(struct child *child, int64_t (*function)(uint64_t), uint64_t argument,
                const struct child_options *options)
{
    static const struct child_options defaults;
    struct channel exit;
    if (options == NULL)
        options = &defaults;
    find_priorities();
    clock_hertz(); /* known from then on: a child has not got our start data */
    uint64_t priority = options->own_priority ? options->priority : own;
    int64_t status = channel_create(&exit, 48, 0);
    if (status < 0)
        return (int)status;
    struct anser_process_params params = {
        .name = "child",
        .budget_pages = options->budget_pages == 0 ? CHILD_BUDGET : options->budget_pages,
        .exit = exit.send,
        .fault = options->fault,
        .priority_max = options->own_priority ? priority : ceiling,
    };
    child->exit = exit.receive;
    child->process = sys_process_create(&params);
    sys_handle_close(exit.send);
    child_argument = argument;
    status = child->process < 0 ? child->process : give_handles(child->process, options);
    if (status == 0)
        status = fill_space(child->process);
    if (status == 0)
        status = child->thread = start_thread(child->process, function, priority);
    if (status < 0)
        undo(child);
    return status < 0 ? (int)status : 0;
}

struct child_end child_wait(struct child *child)
{
    uint64_t words[6];
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    int status = channel_receive(child->exit, &in, 0, clock_after(WAIT_SECONDS * 1000));
    struct child_end end = {.status = status, .reason = CHILD_NOT_ENDED};
    if (status == 0 && in.flags & ANSER_INFO_EVENT && words[0] == ANSER_EVENT_EXIT)
        end = (struct child_end){(int64_t)words[1], words[2], words[3], words[4], words[5]};
    else
        sys_process_kill(child->process, 0);
    sys_handle_close(child->thread);
    sys_handle_close(child->process);
    sys_handle_close(child->exit);
    return end;
}

struct child_end child_run(int64_t (*function)(uint64_t), uint64_t argument,
                           const struct child_options *options)
{
    struct child child;
    int status = child_start(&child, function, argument, options);
    if (status < 0)
        return (struct child_end){.status = status, .reason = CHILD_NOT_ENDED};
    return child_wait(&child);
}
