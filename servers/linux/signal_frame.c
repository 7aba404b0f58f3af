/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frame of a signal's handler on the program's stack, as Linux lays it out for riscv64
 * (arch/riscv/kernel/signal.c, include/uapi/asm/{ucontext,sigcontext}.h), and the way back.
 */
#include "calls.h"
#include "float_state.h"
#include "layout.h"
#include "linux_abi.h"
#include "signal.h"
#include "task_begin.h"
#include "user.h"

enum { X_RA = 1, X_SP = 2, X_A0 = 10, X_A1 = 11, X_A2 = 12 };

struct linux_ucontext {
    uint64_t flags;
    uint64_t link;
    uint64_t stack_base;
    int32_t stack_flags;
    int32_t padding;
    uint64_t stack_size;
    uint64_t mask;
    uint8_t mask_room[128]; /* 1024 bits in all, and up to a multiple of 16 */
    uint64_t pc;            /* the machine context begins here */
    uint64_t x[31];
    struct float_state floats;
    uint8_t floats_room[528 - sizeof(struct float_state)]; /* the last words: no extensions */
} __attribute__((aligned(16)));
_Static_assert(offsetof(struct linux_ucontext, pc) == 176, "mcontext_t of Linux");
_Static_assert(sizeof(struct linux_ucontext) == 960, "ucontext_t of Linux");

struct signal_frame {
    struct linux_siginfo info;
    struct linux_ucontext context;
};
_Static_assert(sizeof(struct linux_siginfo) == 128, "siginfo_t of Linux");

/* Where the frame goes: below sp, or on the alternate stack, unless that is where sp is already. */
static uint64_t place(const struct task *self, uint64_t flags)
{
    uint64_t sp = self->frame->x[X_SP];
    const struct signal_stack *stack = &self->alternate;
    if (flags & LINUX_SA_ONSTACK && !(stack->flags & SIGNAL_STACK_DISABLE) &&
        sp - stack->base > stack->size)
        sp = stack->base + stack->size;
    return (sp - sizeof(struct signal_frame)) & ~15ul;
}

/* rt_sigreturn, where programs may execute it: entry.S. */
void signal_trampoline(void);

int signal_frame_push(struct task *self, const struct linux_sigaction *action,
                      const struct linux_siginfo *info, uint64_t mask)
{
    struct anser_frame *frame = self->frame;
    uint64_t at = place(self, action->flags);
    struct signal_frame out = {
        .info = *info,
        .context = {.stack_base = self->alternate.base,
                    .stack_flags = (int32_t)self->alternate.flags,
                    .stack_size = self->alternate.size,
                    .mask = mask,
                    .pc = frame->pc},
    };
    for (unsigned i = 1; i < 32; i++)
        out.context.x[i - 1] = frame->x[i];
    float_save(&out.context.floats);
    if (user_write(at, &out, sizeof(out)) < 0)
        return -LINUX_EFAULT;
    frame->x[X_RA] = (uint64_t)signal_trampoline;
    frame->x[X_SP] = at;
    frame->x[X_A0] = (uint64_t)info->number;
    frame->x[X_A1] = at;
    frame->x[X_A2] = at + offsetof(struct signal_frame, context);
    frame->pc = action->handler;
    return 0;
}

/* What comes back is the program's allegation; it harms nobody but itself. */
int64_t linux_rt_sigreturn(struct task *self)
{
    struct anser_frame *frame = self->frame;
    struct linux_ucontext context;
    uint64_t at = frame->x[X_SP] + offsetof(struct signal_frame, context);
    if (user_read(&context, at, sizeof(context)) < 0)
        signal_die(self, &(struct linux_siginfo){.number = LINUX_SIGSEGV, .address = at});
    for (unsigned i = 1; i < 32; i++)
        frame->x[i] = context.x[i - 1];
    frame->pc = context.pc;
    float_restore(&context.floats);
    signal_set_mask(self, context.mask);
    if (context.stack_flags & SIGNAL_STACK_DISABLE)
        self->alternate = (struct signal_stack){.flags = SIGNAL_STACK_DISABLE};
    else
        self->alternate =
            (struct signal_stack){.base = context.stack_base, .size = context.stack_size};
    return (int64_t)frame->x[X_A0];
}
