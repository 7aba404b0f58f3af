/* SPDX-License-Identifier: BSD-2-Clause */
/* The handler: which foreign call is served by which function. */
#include "access.h"
#include "calls.h"
#include "descriptor_abi.h"
#include "linux_abi.h"
#include "lib/syscall.h"
#include "loader/line.h"
#include "process.h"
#include "signal.h"
#include "task_begin.h"
#include "trace.h"

enum { X_A0 = 10, X_A7 = 17 };

#define RT_SIGRETURN 139

static linux_call *const calls[] = {
#define LINUX_CALL_ENTRY(number, name, show) [number] = linux_##name,
    LINUX_CALLS(LINUX_CALL_ENTRY)
#undef LINUX_CALL_ENTRY
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

_Noreturn void handle_frame(struct anser_frame *frame);
_Noreturn void handle_nested(struct anser_frame *frame);
void task_entry_behind(void);

/* One line in the log for each number, however often it is called. */
static void report_unknown(uint64_t number)
{
    static uint64_t reported[512 / 64];
    char text[64];
    uint64_t slot = number < 512 ? number : 511;
    uint64_t bit = 1ul << slot % 64;
    if (__atomic_fetch_or(&reported[slot / 64], bit, __ATOMIC_RELAXED) & bit)
        return;
    struct line line = line_begin(text, sizeof(text));
    line_add(&line, "Linux call ");
    line_add_decimal(&line, number);
    line_add(&line, " is not there: ENOSYS");
    process_log(text);
}

static linux_call *find_call(uint64_t number)
{
    return number < CALLS ? calls[number] : NULL;
}

/* A new thread's first entry is no call of the program's. */
static void serve_call(struct task *self, struct anser_frame *frame)
{
    uint64_t number = frame->x[X_A7], first = frame->x[X_A0];
    linux_call *call = find_call(number);
    int64_t result = -LINUX_ENOSYS;
    if (call == NULL && number == TASK_CALL_BEGIN && frame->pc == (uint64_t)task_entry_behind) {
        task_begin_here(frame);
        return;
    }
    if (call != NULL)
        result = trace_stream == 0 ? call(self) : trace_call(self, call);
    else
        report_unknown(number);
    frame->x[X_A0] = (uint64_t)result;
    if (number == RT_SIGRETURN)
        signal_leave(self, false, 0, 0);
    else if (result == -LINUX_EINTR || result == -LINUX_ERESTARTNOINTR || self->mask_saved ||
             signal_pending(self))
        signal_leave(self, true, result, first);
    else
        self->deadline = 0;
}

_Noreturn void handle_frame(struct anser_frame *frame)
{
    struct task *self = (struct task *)((struct anser_save_page *)frame + 1);
    if (frame->kind == ANSER_HANDLE_SYSCALL) {
        serve_call(self, frame);
    } else {
        if (frame->kind == ANSER_HANDLE_FAULT)
            signal_fault(self);
        signal_leave(self, false, 0, 0);
    }
    sys_thread_resume();
}

/*
 * A fault in the handler. On the way to the program's memory it goes on where access.S says, unless
 * a page is not to be had; the heap alone can do without one.
 */
_Noreturn void handle_nested(struct anser_frame *frame)
{
    for (const struct access_fixup *at = access_fixups; at->begin != 0; at++) {
        if (frame->pc < at->begin || frame->pc >= at->end)
            continue;
        bool only_asks = at->fixup == (uint64_t)access_failed;
        if (frame->reason == ANSER_FAULT_BUDGET && !only_asks)
            process_out_of_memory();
        frame->pc = at->fixup;
        sys_thread_resume();
    }
    if (frame->reason == ANSER_FAULT_BUDGET)
        process_out_of_memory();
    process_broken(frame);
}
