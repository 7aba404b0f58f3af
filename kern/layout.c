/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What assembly knows of C. Not linked: of what the compiler writes for it, kern/build.mk makes the
 * header kern/layout.h in the build folder, so that no number stands anywhere twice.
 */
#include "ipc/channel.h"
#include "ipc/signal.h"
#include "kern/hart.h"
#include "kern/lock.h"
#include "kern/process.h"
#include "kern/thread.h"

#define NUMBER(name, value)        __asm__ volatile("#define " #name " %0" : : "i"(value))
#define OFFSET(name, type, member) NUMBER(name, offsetof(struct type, member))

_Static_assert(ANSER_STATE_RUNNING == 0, "stored as x0");
_Static_assert(offsetof(struct thread, attention) == offsetof(struct thread, state) + 4 &&
                   offsetof(struct thread, state) % 8 == 0,
               "one load reads both");
_Static_assert(sizeof(struct handle_slot) == 1 << ANSER_HANDLE_SHIFT, "a handle is its offset");
_Static_assert(offsetof(struct thread, interrupt_deferred) ==
                       offsetof(struct thread, handler_level) + 1 &&
                   offsetof(struct thread, handler_level) % 2 == 0,
               "one load reads both");
_Static_assert(ANSER_HANDLE_SYSCALL == 1, "the level behind a foreign call, too");
_Static_assert(ANSER_INFO_CALL == 0x400, "ipc/fastpath.S sets it with one ori");

_Static_assert(offsetof(struct gate, lock) == 0, "amoswap takes the gate's address");
_Static_assert(NEXT_NONE == 0, "stored as x0");
#define SAME_HEAD(member)                                                                          \
    _Static_assert(offsetof(struct signal, member) == offsetof(struct channel, member),            \
                   "a slot may lead to either")
SAME_HEAD(receiver);
SAME_HEAD(one_word);
SAME_HEAD(eight_words);
SAME_HEAD(waiter);

void layout(void);
void layout(void)
{
    OFFSET(T_REGISTERS, thread, x);
    OFFSET(T_PC, thread, x[REG_PC]);
    OFFSET(T_RA, thread, x[REG_RA]);
    OFFSET(T_SP, thread, x[REG_SP]);
    OFFSET(T_GP, thread, x[REG_GP]);
    OFFSET(T_TP, thread, x[REG_TP]);
    OFFSET(T_A0, thread, x[REG_A0]);
    OFFSET(T_A1, thread, x[REG_A1]);
    OFFSET(T_A7, thread, x[REG_A7]);
    OFFSET(T_S11, thread, x[REG_S11]);
    OFFSET(T_PROCESS, thread, process);
    OFFSET(T_HART, thread, hart);
    OFFSET(T_CALLER, thread, caller);
    OFFSET(T_ODD_CALLER, thread, odd_caller);
    OFFSET(T_SERVER, thread, server);
    OFFSET(T_WAIT_OBJECT, thread, wait_object);
    OFFSET(T_WAIT_HANDLE, thread, wait_handle);
    OFFSET(T_STATE, thread, state);
    OFFSET(T_PRIORITY, thread, priority);
    OFFSET(T_GATE, thread, gate);
    OFFSET(T_PROGRESS_COUNT, thread, progress_count);
    OFFSET(T_SAVE, thread, save);
    OFFSET(T_HANDLER_ENTRY, thread, handler.entry);
    OFFSET(T_HANDLER_ADDRESS, thread, handler.address);
    OFFSET(T_HANDLER_STACK, thread, handler_stack);
    OFFSET(T_HANDLER_LEVEL, thread, handler_level);
    OFFSET(F_REGISTERS, anser_frame, x);
    OFFSET(F_PC, anser_frame, pc);
    OFFSET(F_KIND, anser_frame, kind);
    OFFSET(F_CAUSE, anser_frame, cause);
    OFFSET(F_VALUE, anser_frame, value);
    OFFSET(P_SLOTS, process, handles.slots);
    OFFSET(P_MASK, process, handles.mask);
    OFFSET(P_SATP, process, space.satp);
    OFFSET(S_KEY, handle_slot, key);
    OFFSET(S_CALL, handle_slot, call);
    OFFSET(S_RECEIVE, handle_slot, receive);
    OFFSET(S_BADGE, handle_slot, badge);
    OFFSET(C_RECEIVER, channel, receiver);
    OFFSET(C_ONE_WORD, channel, one_word);
    OFFSET(C_EIGHT_WORDS, channel, eight_words);
    OFFSET(C_WAITER, channel, waiter);
    OFFSET(O_TYPE, object, type);
    OFFSET(SIGNAL_BITS, signal, bits);
    OFFSET(SIGNAL_CLOSED, signal, closed);
    OFFSET(G_IDLE_HARTS, gate, idle_harts);
    OFFSET(H_NEXT, hart, next);
    OFFSET(H_NEXT_REGISTERS, hart, next_registers);
    OFFSET(H_QUEUE_MAX, hart, queue_max);
    OFFSET(H_SLICE_ARMED, hart, slice_armed);
    OFFSET(H_MAX_READY, hart, max_ready);
    OFFSET(H_RESCHEDULE, hart, reschedule);
    OFFSET(H_STACK, hart, stack_top);
    OFFSET(H_PANIC_STACK, hart, panic_stack_top);
    OFFSET(H_TRAP_USER, hart, trap_user);
    OFFSET(H_TRAP_KERNEL, hart, trap_kernel);
    OFFSET(H_LOCK, hart, lock);
    OFFSET(H_IDLE, hart, idle);
    NUMBER(HANDLE_SYSCALL, ANSER_HANDLE_SYSCALL);
    NUMBER(CALLS_MAX, -ANSER_CALL_LAST);
    NUMBER(CALL_RESTART, CALL_RESTART);
    NUMBER(ENOSYS, ANSER_ENOSYS);
    NUMBER(NEXT_WORDS, NEXT_WORDS);
    NUMBER(NEXT_ALL, NEXT_ALL);
    NUMBER(INFO_MEM, ANSER_INFO_MEM);
    NUMBER(INFO_CALL, ANSER_INFO_CALL);
    NUMBER(TYPE_SIGNAL, ANSER_TYPE_SIGNAL);
    NUMBER(STATE_READY, ANSER_STATE_READY);
    NUMBER(STATE_SIGNAL, ANSER_STATE_SIGNAL);
    NUMBER(STATE_RECEIVING, ANSER_STATE_RECEIVING);
    NUMBER(STATE_CALLING, ANSER_STATE_CALLING);
}
