/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads. One mapping holds all that a thread has: a guard page, its stack, its TLS block and, on
 * top, its struct thread.
 */
#include <errno.h>
#include <picolibc.h>
#include <picotls.h>
#include "channel.h"
#include "memory.h"
#include "syscall.h"
#include "thread.h"

struct thread {
    uint32_t alive; /* the kernel zeroes and wakes it when the thread has left its stack */
    bool detached;
    void (*function)(void *);
    void *argument;
    anser_handle handle; /* 0 until the creator knows it; of a detached thread always 0 */
    void *mapping;
    size_t mapping_size;
};

/* The upper half of a handle, which is never 0: what waits for the handle waits for this word. */
static uint32_t *generation_of(struct thread *thread)
{
    return (uint32_t *)&thread->handle + 1;
}

void thread_begin(void);
_Noreturn void thread_leave(void *mapping, size_t size);
_Noreturn void thread_run(struct thread *thread);

static __thread struct thread *current;

static uintptr_t align_down(uintptr_t address, size_t alignment)
{
    return address & ~(uintptr_t)(alignment - 1);
}

/* The thread's C entry. */
_Noreturn void thread_run(struct thread *thread)
{
    current = thread;
    thread->function(thread->argument);
    thread_exit();
}

_Noreturn void thread_exit(void)
{
    if (current != NULL && current->detached)
        thread_leave(current->mapping, current->mapping_size);
    sys_thread_exit(current == NULL ? NULL : &current->alive);
}

/* Lays out a new mapping; *tls gets the address of its TLS block, the stack ends there. NULL: errno
 * says why. */
static struct thread *map_thread(size_t stack_size, uintptr_t *tls)
{
    size_t size =
        memory_round_up(stack_size + _tls_size() + _tls_align() + sizeof(struct thread) + 64) +
        MEMORY_PAGE;
    char *mapping = memory_map(size);
    if (mapping == NULL)
        return NULL;
    int status = memory_protect(mapping, MEMORY_PAGE, ANSER_PROT_NONE);
    if (status < 0) {
        memory_unmap(mapping, size);
        errno = -status;
        return NULL;
    }
    uintptr_t top = align_down((uintptr_t)mapping + size - sizeof(struct thread), 16);
    *tls = align_down(top - _tls_size(), _tls_align());
    struct thread *thread = (struct thread *)top;
    thread->mapping = mapping;
    thread->mapping_size = size;
    return thread;
}

/* The priority of the caller. There is no call that only asks, so it is set and set back. */
static uint64_t own_priority(void)
{
    static __thread uint64_t known; /* one more than the priority, 0: not asked yet */
    if (known == 0) {
        int64_t priority = sys_thread_priority(0, 0);
        if (priority > 0)
            sys_thread_priority(0, (uint64_t)priority);
        known = priority < 0 ? 1 : (uint64_t)priority + 1;
    }
    return known - 1;
}

/* Starts a laid-out thread. Returns its kernel handle or -errno. */
static int64_t start_thread(struct thread *thread, uintptr_t tls, uint64_t priority)
{
    _init_tls((void *)tls);
    struct anser_thread_params params = {
        .entry = (uint64_t)thread_begin,
        .stack = align_down(tls, 16),
        .argument = (uint64_t)thread,
        .tls = tls,
        .priority = priority,
    };
    return sys_thread_create(0, &params);
}

int thread_create(struct thread **out, void (*function)(void *), void *argument,
                  const struct thread_options *options)
{
    static const struct thread_options defaults;
    if (options == NULL)
        options = &defaults;
    if (out == NULL && !options->detached)
        return -EINVAL;
    uintptr_t tls;
    struct thread *thread =
        map_thread(options->stack_size == 0 ? THREAD_STACK_DEFAULT : options->stack_size, &tls);
    if (thread == NULL)
        return -errno;
    bool detached = options->detached;
    thread->alive = 1;
    thread->detached = detached;
    thread->function = function;
    thread->argument = argument;
    void *mapping = thread->mapping;
    size_t size = thread->mapping_size;
    int64_t handle =
        start_thread(thread, tls, options->own_priority ? options->priority : own_priority());
    if (handle < 0) {
        memory_unmap(mapping, size);
        return (int)handle;
    }
    /* A detached thread may be gone by now, and its struct with it. */
    if (detached) {
        handle_close(handle);
        thread = NULL;
    } else {
        __atomic_store_n(&thread->handle, handle, __ATOMIC_RELEASE);
        sys_word_wake(generation_of(thread), UINT64_MAX);
    }
    if (out != NULL)
        *out = thread;
    return 0;
}

int thread_join(struct thread *thread)
{
    if (thread == current)
        return -EDEADLK;
    while (__atomic_load_n(&thread->alive, __ATOMIC_ACQUIRE) != 0)
        sys_word_wait(&thread->alive, 1, 0);
    handle_close(thread->handle);
    return memory_unmap(thread->mapping, thread->mapping_size);
}

anser_handle thread_handle(void)
{
    if (current == NULL || current->detached)
        return 0;
    anser_handle handle;
    /* The creator may have a lower priority: yielding to it would not be enough. */
    while ((handle = __atomic_load_n(&current->handle, __ATOMIC_ACQUIRE)) == 0)
        sys_word_wait(generation_of(current), 0, 0);
    return handle;
}

struct thread *thread_self(void)
{
    return current;
}

void thread_yield(void)
{
    sys_thread_yield();
}
