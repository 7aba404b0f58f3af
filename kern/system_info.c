/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at the machine, its processes and its threads: system_info, process_find. */
#include "kern/calls.h"
#include "kern/hart.h"
#include "kern/process.h"
#include "kern/system.h"
#include "kern/thread.h"

/* A cursor over threads is a process id and a place among its threads. */
#define CURSOR_SHIFT 20
#define CURSOR_MASK  ((1ul << CURSOR_SHIFT) - 1)
_Static_assert(ANSER_THREADS_MAX <= CURSOR_MASK, "a place fits");

extern const char kernel_start[], kernel_end[];

static uint64_t frames_of(struct boot_range range)
{
    uint64_t first = range.base / PAGE_SIZE;
    return (range.base + range.size + PAGE_MASK) / PAGE_SIZE - first;
}

/* Each copies what fits of its structure, so that a later version may append fields. */
static status_t give(struct thread *self, const void *info, size_t size, uint64_t next)
{
    uint64_t room = self->x[REG_A4];
    size_t length = room < size ? room : size;
    status_t status = copy_to_user(&self->process->space, user(self->x[REG_A3]), info, length);
    if (status < 0)
        return status;
    self->x[REG_A1] = next;
    return (status_t)length;
}

static status_t info_system(struct thread *self)
{
    uint64_t now = time_now();
    struct anser_system_info info = {
        .frames_total = frame_counts.total,
        .frames_free = frame_counts.free,
        .frames_image = (uint64_t)(kernel_end - kernel_start) / PAGE_SIZE,
        .frames_meta = frame_counts.meta,
        .frames_slab = frame_counts.slab,
        .frames_tables = frame_counts.tables,
        .frames_boot = frames_of(boot_info.initrd) + frames_of(boot_info.device_tree),
        .harts = hart_count,
        .processes = process_count,
        .threads = thread_total,
        .handles = handle_count,
        .now = now,
        .boot_instret = boot_info.start_instret,
        .kernel_objects = object_count,
        .idle_ticks = harts_idle_ticks(now),
    };
    for (uint64_t i = 0; i < boot_info.reserved_count; i++)
        info.frames_reserved += frames_of(boot_info.reserved[i]);
    return give(self, &info, sizeof(info), 0);
}

/* The first process with at least this id, or NULL: the list is in the order of ids. */
static struct process *process_from(uint64_t id)
{
    struct process *process;
    list_each (process, &process_list, siblings) {
        if (process->object.id >= id)
            return process;
    }
    return NULL;
}

/* What runs is charged when it leaves its hart: until then, its time is still with the hart. */
static uint64_t thread_ticks(const struct thread *thread)
{
    bool running = thread->state == ANSER_STATE_RUNNING;
    return thread->cpu_ticks + (running ? time_now() - thread->hart->running_since : 0);
}

static uint64_t process_ticks(const struct process *process)
{
    const struct thread *thread;
    uint64_t ticks = process->cpu_ticks;
    list_each (thread, &process->threads, siblings)
        ticks += thread_ticks(thread);
    return ticks;
}

static status_t info_process(struct thread *self)
{
    struct process *process = process_from(self->x[REG_A2]);
    if (process == NULL)
        return 0;
    struct anser_process_info info = {
        .id = process->object.id,
        .threads = process->thread_count,
        .handles = process->handles.used,
        .cpu_ticks = process_ticks(process),
        .parent = process->parent_id,
    };
    if (!process->torn_down) { /* else its account may be gone */
        const struct account *account = process->account;
        info.pages_used = (account->used - account->given + PAGE_MASK) / PAGE_SIZE;
        info.pages_budget = (account->limit - account->given) / PAGE_SIZE;
    }
    memcpy(info.name, process->name, sizeof(info.name));
    return give(self, &info, sizeof(info), info.id + 1);
}

/* The thread at the cursor, or the first one behind it; moves the cursor there. */
static const struct thread *thread_from(uint64_t *cursor)
{
    const struct process *process;
    const struct thread *thread;
    list_each (process, &process_list, siblings) {
        uint64_t place = process->object.id << CURSOR_SHIFT;
        if (place + CURSOR_MASK < *cursor)
            continue;
        list_each (thread, &process->threads, siblings) {
            if (place >= *cursor) {
                *cursor = place;
                return thread;
            }
            place++;
        }
    }
    return NULL;
}

static status_t info_thread(struct thread *self)
{
    uint64_t cursor = self->x[REG_A2];
    const struct thread *thread = thread_from(&cursor);
    if (thread == NULL)
        return 0;
    struct anser_thread_info info = {
        .id = thread->object.id,
        .process = thread->process->object.id,
        .state = thread->state,
        .priority = thread->priority,
        .hart = thread->hart->index,
        .cpu_ticks = thread_ticks(thread),
        .pc = thread->x[REG_PC],
    };
    if (thread->state == ANSER_STATE_WORD)
        info.wait_object = thread->word_node.key;
    else if (thread_wait_object(thread) != NULL)
        info.wait_object = thread_wait_object(thread)->id;
    if (thread->state == ANSER_STATE_CALLING && thread->server != NULL)
        info.wait_thread = thread->server->object.id;
    return give(self, &info, sizeof(info), cursor + 1);
}

/*
 * system_info(system, kind, index, buffer, length): one structure, cut to length; 0 begins an
 * enumeration, then the next index that came back goes on. Returns the bytes written, 0 at the
 * end. How long the harts have idled is anybody's to know, like the time. -EINVAL (kind), -EFAULT.
 */
status_t call_system_info(struct thread *self)
{
    if (self->x[REG_A1] == ANSER_INFO_IDLE) {
        self->x[REG_A1] = harts_idle_ticks(time_now());
        return hart_count;
    }
    status_t status = system_check(self, ANSER_RIGHT_SYS_INFO);
    if (status < 0)
        return status;
    switch (self->x[REG_A1]) {
    case ANSER_INFO_SYSTEM:
        return info_system(self);
    case ANSER_INFO_PROCESS:
        return info_process(self);
    case ANSER_INFO_THREAD:
        return info_thread(self);
    default:
        return -ANSER_EINVAL;
    }
}

/*
 * process_find(system, id): a handle with MANAGE. -ESRCH (no such process, or it is ending), -EPERM
 * (init, which nobody may end), -EMFILE, -ENOMEM.
 */
status_t call_process_find(struct thread *self)
{
    status_t status = system_check(self, ANSER_RIGHT_SYS_KILL);
    if (status < 0)
        return status;
    struct process *process = process_from(self->x[REG_A1]);
    if (process == NULL || process->object.id != self->x[REG_A1] || process->dying ||
        process->object.references == 0)
        return -ANSER_ESRCH;
    if (process == process_init)
        return -ANSER_EPERM;
    object_reference(&process->object);
    return handle_publish(self->process, &process->object, ANSER_RIGHT_MANAGE);
}
