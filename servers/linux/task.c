/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of the program: how they begin and end, and who is there. */
#include <string.h>
#include "calls.h"
#include "layout.h"
#include "linux_abi.h"
#include "lib/channel.h"
#include "lib/syscall.h"
#include "process.h"
#include "signal.h"
#include "task_begin.h"
#include "user.h"

#define CLONE_VM             0x100
#define CLONE_FS             0x200
#define CLONE_FILES          0x400
#define CLONE_SIGHAND        0x800
#define CLONE_THREAD         0x10000
#define CLONE_SYSVSEM        0x40000
#define CLONE_SETTLS         0x80000
#define CLONE_PARENT_SETTID  0x100000
#define CLONE_CHILD_CLEARTID 0x200000
#define CLONE_DETACHED       0x400000
#define CLONE_CHILD_SETTID   0x1000000
#define CLONE_OF_THREADS     (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)

enum { X_SP = 2, X_TP = 4, X_S0 = 8, X_A0 = 10 };

_Static_assert(offsetof(struct task_begin, status) == 32, "entry.S: BEGIN_STATUS");
_Static_assert(offsetof(struct task_begin, slot_word) == 40, "entry.S: BEGIN_SLOT");
_Static_assert(sizeof(struct anser_save_page) + sizeof(struct task) <= ANSER_PAGE_SIZE,
               "a task lives in the save page");

struct process_tasks process_tasks;

/* Not 0: in use. The kernel zeroes the word when the thread and its save page have gone. */
static uint32_t slots[ANSER_THREADS_MAX];

void task_entry(void);
void handler_entry(void);
void handler_nested_entry(void);

/* ---- Beginning. ------------------------------------------------------------------------------ */

static int64_t take_slot(void)
{
    for (uint32_t slot = 0; slot < ANSER_THREADS_MAX; slot++) {
        uint32_t expected = 0;
        if (slots[slot] == 0 && __atomic_compare_exchange_n(&slots[slot], &expected, 1, false,
                                                            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return slot;
    }
    return -LINUX_EAGAIN;
}

/* Waits until the word is not 0. An interruption that is held back lets nobody block: yield then.
 */
static uint32_t wait_word(uint32_t *word)
{
    uint32_t value;
    while ((value = __atomic_load_n(word, __ATOMIC_ACQUIRE)) == 0)
        if (sys_word_wait(word, 0, 0) == -LINUX_EINTR)
            sys_thread_yield();
    return value;
}

static void set_word(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    sys_word_wake(word, 1);
}

int64_t task_create(struct task_begin *begin)
{
    int64_t slot = take_slot();
    if (slot < 0)
        return slot;
    begin->slot = (uint32_t)slot;
    begin->slot_word = &slots[slot];
    begin->handler = (struct anser_handler_params){
        .entry = (uint64_t)handler_entry,
        .nested = (uint64_t)handler_nested_entry,
        .address = LINUX_HANDLERS + ((uint64_t)slot * LINUX_SLOT_PAGES + 1) * ANSER_PAGE_SIZE,
        .stack_pages = LINUX_HANDLER_STACK,
    };
    struct anser_thread_params params = {
        .entry = (uint64_t)task_entry,
        .argument = (uint64_t)begin,
        .priority = process.priority,
    };
    int64_t thread = sys_thread_create(0, &params);
    if (thread < 0) {
        slots[slot] = 0;
        return -LINUX_EAGAIN;
    }
    begin->thread = thread;
    if (begin->id == 0)
        begin->id = (uint32_t)(sys_handle_info(thread).value >> 32);
    uint32_t id = begin->id;
    set_word(&begin->go, 1);
    if ((int32_t)wait_word(&begin->status) > 0)
        return id;
    sys_handle_close(thread);
    return -LINUX_EAGAIN;
}

static struct task *task_of(struct anser_frame *frame)
{
    return (struct task *)((struct anser_save_page *)frame + 1);
}

static void add_task(struct task *self)
{
    mutex_lock(&process_tasks.lock);
    self->next = process_tasks.first;
    process_tasks.first = self;
    process_tasks.count++;
    mutex_unlock(&process_tasks.lock);
}

/* The new thread's first entry to its handler: everything that it is, from its creator's words. */
void task_begin_here(struct anser_frame *frame)
{
    struct task_begin *begin = (struct task_begin *)frame->x[X_S0];
    struct task *self = task_of(frame);
    wait_word(&begin->go);
    *self = (struct task){
        .frame = frame,
        .id = begin->id,
        .slot = begin->slot,
        .thread = begin->thread,
        .blocked = begin->blocked,
        .clear_child_tid = begin->clear_child_tid,
        .alternate = {.flags = SIGNAL_STACK_DISABLE},
    };
    add_task(self);
    memcpy(frame->x, begin->x, sizeof(frame->x));
    frame->pc = begin->pc;
    for (unsigned i = 0; i < 2; i++)
        if (begin->tid_at[i] != 0)
            (void)user_write(begin->tid_at[i], &self->id, sizeof(self->id));
    set_word(&begin->status, 1);
}

int64_t linux_clone(struct task *self)
{
    uint64_t flags = task_argument(self, 0);
    bool sound = (!(flags & CLONE_THREAD) || flags & CLONE_SIGHAND) &&
                 (!(flags & CLONE_SIGHAND) || flags & CLONE_VM);
    if (!sound)
        return -LINUX_EINVAL;
    if ((flags & CLONE_OF_THREADS) != CLONE_OF_THREADS)
        return -LINUX_ENOSYS;
    struct task_begin begin = {.blocked = self->blocked, .pc = self->frame->pc};
    memcpy(begin.x, self->frame->x, sizeof(begin.x));
    begin.x[X_A0] = 0;
    if (task_argument(self, 1) != 0)
        begin.x[X_SP] = task_argument(self, 1);
    if (flags & CLONE_SETTLS)
        begin.x[X_TP] = task_argument(self, 3);
    if (flags & CLONE_PARENT_SETTID)
        begin.tid_at[0] = task_argument(self, 2);
    if (flags & CLONE_CHILD_SETTID)
        begin.tid_at[1] = task_argument(self, 4);
    if (flags & CLONE_CHILD_CLEARTID)
        begin.clear_child_tid = task_argument(self, 4);
    return task_create(&begin);
}

/* Known, so that the log does not name it in every program: the C library asks, and uses clone. */
int64_t linux_clone3(struct task *self)
{
    (void)self;
    return -LINUX_ENOSYS;
}

/* ---- The end. -------------------------------------------------------------------------------- */

/* Returns whether it was the last one. */
static bool remove_task(struct task *self)
{
    mutex_lock(&process_tasks.lock);
    struct task **link = &process_tasks.first;
    while (*link != self)
        link = &(*link)->next;
    *link = self->next;
    bool last = --process_tasks.count == 0;
    mutex_unlock(&process_tasks.lock);
    return last;
}

int64_t linux_exit(struct task *self)
{
    uint32_t zero = 0;
    if (remove_task(self))
        sys_process_exit(task_argument(self, 0) & 0xff);
    signal_pass_on();
    /* From here on it runs on its handler stack alone, so who joins may free the other one. */
    uint64_t word = self->clear_child_tid;
    if (word != 0 && user_write(word, &zero, sizeof(zero)) == 0)
        sys_word_wake((const uint32_t *)word, 1);
    sys_handle_close(self->thread);
    sys_thread_exit(&slots[self->slot]);
}

int64_t linux_exit_group(struct task *self)
{
    sys_process_exit(task_argument(self, 0) & 0xff);
}

int64_t linux_set_tid_address(struct task *self)
{
    self->clear_child_tid = task_argument(self, 0);
    return self->id;
}

int64_t linux_gettid(struct task *self)
{
    return self->id;
}

/* The list is not walked at a thread's end: a mutex that it held stays locked. */
int64_t linux_set_robust_list(struct task *self)
{
    return task_argument(self, 1) == 24 ? 0 : -LINUX_EINVAL;
}

struct task *task_find(uint64_t id)
{
    struct task *task = process_tasks.first;
    while (task != NULL && task->id != id)
        task = task->next;
    return task;
}
