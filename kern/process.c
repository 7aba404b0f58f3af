/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a process. */
#include "kern/process.h"
#include "ipc/channel.h"
#include "kern/calls.h"
#include "kern/sched.h"
#include "kern/thread.h"
#include "kern/usercopy.h"
#include "kern/work.h"

_Static_assert(sizeof(struct process) <= 1024, "a process fits its slab");

#define PROCESS_RIGHTS (ANSER_RIGHT_MANAGE | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)

struct list process_list = {&process_list, &process_list};
uint64_t process_count;
struct process *process_init;

static void link_up(struct process *process, const struct anser_process_params *params)
{
    memcpy(process->name, params->name, sizeof(process->name) - 1);
    process->priority_max = (uint32_t)params->priority_max;
    list_init(&process->threads);
    list_init(&process->exit.link);
    list_init(&process->fault_target.link);
    process->exit.owner = &process->object;
    process->teardown.type = TYPE_TEARDOWN;
    list_append(&process_list, &process->siblings);
    process_count++;
}

/* An account, and in it the process object and its empty table and space. */
static status_t make_parts(struct account *account, struct process **out)
{
    struct process *process = object_create(account, ANSER_TYPE_PROCESS, sizeof(struct process));
    if (!process)
        return -ANSER_ENOMEM;
    process->account = account;
    status_t status = handle_table_init(&process->handles, account);
    if (status == 0)
        status = space_init(&process->space, account);
    process->handles.slow = process->space.asid == 0; /* see kern/tlb.h */
    if (status < 0) {
        handle_table_reclaim(&process->handles);
        object_free(&process->object);
        return status;
    }
    *out = process;
    return 0;
}

status_t process_make(struct account *parent, const struct anser_process_params *params,
                      struct process **out)
{
    if (params->priority_max >= ANSER_PRIORITIES || params->name[ANSER_NAME_MAX - 1])
        return -ANSER_EINVAL;
    if (params->budget_pages > UINT64_MAX / PAGE_SIZE)
        return -ANSER_EINVAL;
    struct account *account = account_create(parent, params->budget_pages * PAGE_SIZE);
    if (!account)
        return -ANSER_ENOMEM;
    status_t status = make_parts(account, out);
    if (status < 0) {
        account_close(account);
        return status;
    }
    link_up(*out, params);
    return 0;
}

status_t process_argument(struct thread *self, uint64_t handle, struct process **out)
{
    struct capability capability;
    *out = self->process;
    if (handle == 0)
        return 0;
    status_t status = handle_lookup(self->process, (anser_handle)handle, ANSER_TYPE_PROCESS,
                                    ANSER_RIGHT_MANAGE, &capability);
    if (status < 0)
        return status;
    *out = (struct process *)capability.object;
    return (*out)->dying ? -ANSER_ESRCH : 0;
}

/* ---- The end. */

void process_announce(struct process *process)
{
    if (process->announced)
        return;
    process->announced = true;
    process->exit.words[1] = (uint64_t)process->exit_status;
    memcpy(&process->exit.words[2], process->exit_words, sizeof(process->exit_words));
    event_post(&process->exit, ANSER_EVENT_EXIT, 0);
}

/* A bounded piece of returning all that it has; true when nothing is left. */
static bool teardown_piece(struct process *process)
{
    if (!handle_table_reclaim(&process->handles))
        return false;
    if (!space_reclaim(&process->space))
        return false;
    event_unbind(&process->fault_target);
    account_close(process->account);
    process->torn_down = true;
    return true;
}

/* Is there anything behind it on the work list but the ends of others, which would wait for it? */
static bool has_left_work(const struct object *teardown)
{
    const struct object *next = teardown->next_work;
    while (next && next->type == TYPE_TEARDOWN)
        next = next->next_work;
    return next != NULL;
}

bool teardown_reclaim(struct object *object)
{
    struct process *process = container_of(object, struct process, teardown);
    if (!process->torn_down && !teardown_piece(process))
        return false;
    /* What the teardown dropped stands behind it on the work list: that goes first. */
    if (has_left_work(object)) {
        struct thread *self = current_thread();
        self->work = object->next_work;
        self->attention &= ~ATTENTION_WORK;
        work_push(object);
        return false;
    }
    /* Its own last thread is alive still: bury announces it then. */
    if (current_thread()->process != process)
        process_announce(process);
    object_release(&process->object);
    return true;
}

static void begin_teardown(struct process *process)
{
    object_reference(&process->object);
    process->dying = true;
    work_push(&process->teardown);
}

void process_last_thread_left(struct process *process)
{
    begin_teardown(process);
}

void process_end(struct process *process, int64_t status, uint64_t reason, uint32_t priority)
{
    if (process->dying)
        return;
    process->dying = true;
    process->exit_status = status;
    process->exit_words[0] = reason;
    if (process->thread_count == 0) {
        begin_teardown(process);
        return;
    }
    for (struct list *node = process->threads.next; node != &process->threads; node = node->next)
        thread_kill(container_of(node, struct thread, siblings), priority);
}

/* No handle and no thread is left. A process that never ran is taken down here. */
bool process_reclaim(struct object *object)
{
    struct process *process = (struct process *)object;
    process->dying = true;
    if (!process->torn_down && !teardown_piece(process))
        return false;
    event_unbind(&process->exit);
    list_remove(&process->siblings);
    process_count--;
    return true;
}

/* ---- System calls. */

static status_t bind_events(struct process *process, struct thread *self,
                            const struct anser_process_params *params)
{
    status_t status = 0;
    if (params->exit)
        status = event_bind(&process->exit, self->process, params->exit);
    if (status == 0 && params->fault)
        status = event_bind(&process->fault_target, self->process, params->fault);
    return status;
}

status_t call_process_create(struct thread *self)
{
    struct anser_process_params params;
    status_t status =
        copy_from_user(&self->process->space, &params, user(self->x[REG_A0]), sizeof(params));
    if (status < 0)
        return status;
    if (params.priority_max > self->process->priority_max)
        return -ANSER_EINVAL;
    struct process *process;
    status = process_make(self->process->account, &params, &process);
    if (status < 0)
        return status;
    process->parent_id = self->process->object.id;
    status = bind_events(process, self, &params);
    if (status < 0) {
        event_unbind(&process->exit); /* nothing ran: there is no end to tell of */
        object_release(&process->object);
        return status;
    }
    return handle_publish(self->process, &process->object, PROCESS_RIGHTS);
}

status_t call_process_kill(struct thread *self)
{
    struct process *process;
    status_t status = process_argument(self, self->x[REG_A0], &process);
    if (status < 0)
        return status;
    process_end(process, (int64_t)self->x[REG_A1], ANSER_EXIT_KILLED, self->priority);
    return 0;
}

status_t call_process_exit(struct thread *self)
{
    process_end(self->process, (int64_t)self->x[REG_A0], ANSER_EXIT_NORMAL, self->priority);
    self->attention |= ATTENTION_KILLED;
    return 0;
}
