/* SPDX-License-Identifier: BSD-2-Clause */
/* Leading, and handing it over. */
#include "socket_lead.h"

#include "heap.h"
#include "lib/channel.h"
#include "lib/clock.h"
#include "lib/ipc.h"
#include "lib/socket.h"
#include "lib/syscall.h"
#include "linux_abi.h"
#include "process.h"
#include "signal.h"

#define PUMP_STACK         16384
#define RETRY_MILLISECONDS 100

/* What a wake-up sets in the signal's word. It is also the bit of some sockets, which are then
 * looked at in vain. */
#define WAKE_BIT (1ul << (SOCKET_SIGNAL_BITS - 1))

static struct {
    uint32_t runs;
    uint32_t leader;     /* 1: somebody waits for the signal, or takes it */
    uint32_t followers;  /* wait for words of their own meanwhile */
    uint32_t asked;      /* what the pump waits for: somebody is to lead */
    uint32_t unfinished; /* the session is to be tried again soon */
} lead;

static bool take_lead(void)
{
    uint32_t nobody = 0;
    return __atomic_compare_exchange_n(&lead.leader, &nobody, 1, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

static void ask_pump(void)
{
    __atomic_fetch_add(&lead.asked, 1, __ATOMIC_SEQ_CST);
    sys_word_wake(&lead.asked, 1);
}

static void leave_lead(void)
{
    __atomic_store_n(&lead.leader, 0, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&lead.followers, __ATOMIC_SEQ_CST) > 0)
        ask_pump();
}

/* What the signal said; also that it is time to try again. */
static void act(uint64_t word)
{
    if (word || lead.unfinished)
        lead.unfinished = socket_session_signalled(word);
}

static uint64_t earlier(uint64_t deadline)
{
    uint64_t retry = clock_after(RETRY_MILLISECONDS);
    return lead.unfinished && retry < deadline ? retry : deadline;
}

/* ---- The pump. ------------------------------------------------------------------------------- */

static _Noreturn void pump(void)
{
    for (;;) {
        uint32_t asked = __atomic_load_n(&lead.asked, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&lead.followers, __ATOMIC_SEQ_CST) == 0 || !take_lead()) {
            sys_word_wait(&lead.asked, asked, 0);
            continue;
        }
        uint64_t word = 0;
        channel_wait(socket_session_signal(), &word, earlier(CLOCK_NEVER));
        act(word);
        __atomic_store_n(&lead.leader, 0, __ATOMIC_SEQ_CST);
    }
}

int64_t socket_lead_begin(void)
{
    uint8_t *stack = heap_alloc(PUMP_STACK);
    struct anser_thread_params params = {
        .entry = (uint64_t)(uintptr_t)pump,
        .stack = (uint64_t)(uintptr_t)(stack + PUMP_STACK),
        .priority = process.priority,
    };
    int64_t thread = stack ? sys_thread_create(0, &params) : -LINUX_ENOMEM;
    if (thread < 0) {
        heap_free(stack);
        return -LINUX_ENOMEM;
    }
    sys_handle_close(thread);
    __atomic_store_n(&lead.runs, 1, __ATOMIC_RELEASE);
    return 0;
}

/* ---- Threads of the program. ----------------------------------------------------------------- */

void socket_wake_leader(void)
{
    ipc_signal(socket_session_waker(), WAKE_BIT);
}

static int follow(struct task *self, struct wait_queue *queue, struct mutex *mutex,
                  uint64_t deadline)
{
    __atomic_fetch_add(&lead.followers, 1, __ATOMIC_SEQ_CST);
    /* The leader may have gone before it could see this follower. */
    if (__atomic_load_n(&lead.leader, __ATOMIC_SEQ_CST) == 0)
        ask_pump();
    int status = wait_for(self, queue, mutex, deadline);
    __atomic_fetch_sub(&lead.followers, 1, __ATOMIC_SEQ_CST);
    return status;
}

/* Waits for the signal, unless the queue was woken since `sequence`. */
static int64_t wait_leading(struct wait_queue *queue, uint32_t sequence, uint64_t deadline)
{
    uint64_t word = 0, until = earlier(deadline);
    int64_t status = 0;
    __atomic_store_n(&queue->leads, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&queue->sequence, __ATOMIC_SEQ_CST) == sequence)
        status = channel_wait(socket_session_signal(), &word, until);
    __atomic_store_n(&queue->leads, 0, __ATOMIC_SEQ_CST);
    act(word);
    return status == -LINUX_ETIMEDOUT && until < deadline ? 0 : status;
}

int socket_wait_for(struct task *self, struct wait_queue *queue, struct mutex *mutex,
                    uint64_t deadline)
{
    if (!__atomic_load_n(&lead.runs, __ATOMIC_ACQUIRE))
        return wait_for(self, queue, mutex, deadline);
    if (signal_pending(self))
        return -LINUX_EINTR;
    if (deadline <= clock_now())
        return -LINUX_ETIMEDOUT;
    if (!take_lead())
        return follow(self, queue, mutex, deadline);
    uint32_t sequence = __atomic_load_n(&queue->sequence, __ATOMIC_SEQ_CST);
    mutex_unlock(mutex);
    int64_t status = wait_leading(queue, sequence, deadline);
    leave_lead();
    mutex_lock(mutex);
    return status == -LINUX_ETIMEDOUT || status == -LINUX_EINTR ? (int)status : 0;
}

void socket_look(void)
{
    uint64_t word = 0;
    if (!__atomic_load_n(&lead.runs, __ATOMIC_ACQUIRE) || !take_lead())
        return;
    channel_wait(socket_session_signal(), &word, 0);
    act(word);
    leave_lead();
}
