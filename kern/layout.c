/* SPDX-License-Identifier: BSD-2-Clause */
/* Every offset that assembly uses, checked by the compiler. */
#include "kern/layout.h"
#include "ipc/channel.h"
#include "kern/hart.h"
#include "kern/process.h"
#include "kern/thread.h"

#define CHECK(type, member, offset)                                                                \
    _Static_assert(offsetof(struct type, member) == (offset), #type "." #member)

CHECK(thread, x, T_X(0));
CHECK(thread, process, T_PROCESS);
CHECK(thread, hart, T_HART);
CHECK(thread, caller, T_CALLER);
CHECK(thread, server, T_SERVER);
CHECK(thread, wait_channel, T_WAIT_CHANNEL);
CHECK(thread, wait_handle, T_WAIT_HANDLE);
CHECK(thread, state, T_STATE);
CHECK(thread, priority, T_PRIORITY);
CHECK(thread, attention, T_ATTENTION);
CHECK(thread, lock, T_LOCK);
CHECK(process, handles.slots, P_SLOTS);
CHECK(process, handles.mask, P_MASK);
CHECK(process, space.satp, P_SATP);
CHECK(handle_slot, key, S_KEY);
CHECK(handle_slot, call, S_CALL);
CHECK(handle_slot, receive, S_RECEIVE);
CHECK(handle_slot, badge, S_BADGE);
CHECK(channel, receiver, C_RECEIVER);
CHECK(channel, one_word, C_ONE_WORD);
CHECK(channel, eight_words, C_EIGHT_WORDS);
CHECK(hart, max_ready, H_MAX_READY);
CHECK(hart, reschedule, H_RESCHEDULE);
CHECK(hart, float_owner, H_FLOAT_OWNER);
CHECK(hart, stack_top, H_STACK);
CHECK(hart, panic_stack_top, H_PANIC_STACK);
CHECK(hart, trap_user, H_TRAP_USER);
CHECK(hart, trap_kernel, H_TRAP_KERNEL);
CHECK(hart, idle, H_IDLE);
_Static_assert(CALLS_MAX == -ANSER_CALL_LAST, "call table");
_Static_assert(ANSER_STATE_RUNNING == 0, "stored as x0");
_Static_assert(STATE_RECEIVING == ANSER_STATE_RECEIVING, "state");
_Static_assert(STATE_CALLING == ANSER_STATE_CALLING, "state");
_Static_assert(sizeof(struct handle_slot) == 1 << ANSER_HANDLE_SHIFT, "handle slot");
