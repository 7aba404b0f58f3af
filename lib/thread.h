/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of the own process, and what they wait on. Each thread has its own TLS block (errno and
 * __thread variables) and a stack with a guard page below it.
 *
 * The waiting structures are valid when zeroed, need no release, and may be used by threads of one
 * process. Deadlines as in channel.h.
 */
#ifndef ANSER_LIB_THREAD_H
#define ANSER_LIB_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>

struct thread; /* lives at the top of the thread's own stack mapping */

struct thread_options {
    size_t stack_size; /* bytes; 0: THREAD_STACK_DEFAULT */
    bool own_priority; /* use `priority`; else that of the creator */
    uint64_t priority;
    bool detached; /* nobody joins: the thread frees its stack itself */
};

#define THREAD_STACK_DEFAULT (64 * 1024)

/*
 * Starts `function(argument)` in a new thread; options may be NULL. Returns 0 and the thread in
 * *thread (which may be NULL if detached), or -ENOMEM, -EMFILE, -EAGAIN
 * (ANSER_THREADS_MAX), -EINVAL.
 */
int thread_create(struct thread **thread, void (*function)(void *), void *argument,
                  const struct thread_options *options);

/* Waits until the thread has ended, then frees its stack and TLS. Returns 0, -EDEADLK for the
 * caller itself. *thread is gone afterwards. */
int thread_join(struct thread *thread);

/* Ends the calling thread; the program goes on if others are left. */
_Noreturn void thread_exit(void);

/* The calling thread's kernel handle; 0 for the first thread and for detached ones. */
anser_handle thread_handle(void);

/* The calling thread's struct; NULL for the first thread. */
struct thread *thread_self(void);

/* Lets other threads of the same priority run. */
void thread_yield(void);

/* ---- Mutex: 0 free, 1 taken, 2 taken and somebody waits. ------------------------------------- */
struct mutex {
    uint32_t state;
};

void mutex_lock(struct mutex *mutex);
bool mutex_try_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

/* ---- Counting semaphore. ----------------------------------------------------------------------
 */
struct semaphore {
    uint32_t count;
    uint32_t waiters;
};

void semaphore_init(struct semaphore *semaphore, uint32_t count);
void semaphore_post(struct semaphore *semaphore);
/* Returns 0, or -ETIMEDOUT. */
int semaphore_wait(struct semaphore *semaphore, uint64_t deadline);

/* ---- Condition: its predicate changes under the mutex; wake-ups may be spurious.
 * ---------------------------------
 */
struct condition {
    uint32_t sequence;
    uint32_t waiters;
};

/* Returns with the mutex held again: 0, or -ETIMEDOUT. */
int condition_wait(struct condition *condition, struct mutex *mutex, uint64_t deadline);
void condition_wake_one(struct condition *condition);
void condition_wake_all(struct condition *condition);

/* ---- Bounded queue of 64-bit values between threads. ------------------------------------------
 */
struct queue {
    struct mutex mutex;
    struct condition not_empty;
    struct condition not_full;
    uint64_t *slots; /* the caller's, `capacity` of them */
    size_t capacity;
    size_t head;
    size_t count;
};

void queue_init(struct queue *queue, uint64_t *slots, size_t capacity);
/* Both return 0, or -ETIMEDOUT. */
int queue_put(struct queue *queue, uint64_t value, uint64_t deadline);
int queue_take(struct queue *queue, uint64_t *value, uint64_t deadline);

#endif
