/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a process. */
#include "kern/process.h"
#include "kern/sched.h"

_Static_assert(sizeof(struct process) <= 1024, "a process fits its slab");

#define KILL_PIECE 32 /* threads */

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
    process->killing.type = TYPE_KILLING;
    process->sweep.type = TYPE_SWEEP;
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
    process->handles.slow = process->space.asid == 0; /* see space_activate */
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
    if (params->priority_max >= ANSER_PRIORITIES || params->name[ANSER_NAME_MAX - 1] ||
        params->budget_pages > UINT64_MAX / PAGE_SIZE)
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

void process_teardown_begin(struct process *process)
{
    object_reference(&process->object);
    process->dying = true;
    work_push(&process->teardown);
}

void process_end(struct process *process, int64_t status, uint64_t reason, uint32_t priority)
{
    if (process->dying)
        return;
    process->dying = true;
    process->exit_status = status;
    process->exit_words[0] = reason;
    if (process->thread_count == 0) {
        process_teardown_begin(process);
        return;
    }
    object_reference(&process->object);
    process->kill_priority = priority;
    process->kill_left = process->thread_count;
    work_push(&process->killing);
}

/* Kills some threads; those that are told move to the end of the list. Which of them were on their
 * way out by themselves does not matter: as many are told as there were. */
bool killing_reclaim(struct object *object)
{
    struct process *process = container_of(object, struct process, killing);
    for (unsigned n = 0; n < KILL_PIECE; n++) {
        struct list *first = list_first(&process->threads);
        if (!first || process->kill_left-- == 0) {
            object_release(&process->object);
            return true;
        }
        list_remove(first);
        list_append(&process->threads, first);
        thread_kill(container_of(first, struct thread, siblings), process->kill_priority);
    }
    return false;
}
