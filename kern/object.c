/* SPDX-License-Identifier: BSD-2-Clause */
/* References on kernel objects, and the work that the last drop leaves behind. */
#include "kern/object.h"
#include "kern/panic.h"
#include "kern/slab.h"
#include "kern/thread.h"

uint64_t object_count;
static uint64_t next_id = 1;
const struct object_type *object_types;

void *object_create(struct account *payer, uint8_t type, size_t size)
{
    struct object *object = slab_alloc(payer, size);
    if (!object)
        return NULL;
    object->references = 1;
    object->type = type;
    object->size = (uint16_t)size;
    object->id = next_id++;
    object->payer = payer;
    object_count++;
    return object;
}

void object_reference(struct object *object)
{
    kassert(object->references > 0);
    object->references++;
}

void object_release(struct object *object)
{
    kassert(object->references > 0);
    if (--object->references == 0)
        work_push(object);
}

/* A chain of objects goes to the end of a thread's list. */
static void work_append(struct thread *thread, struct object *first, struct object *last)
{
    if (thread->work)
        thread->work_last->next_work = first;
    else
        thread->work = first;
    thread->work_last = last;
    thread->attention |= ATTENTION_WORK;
}

void work_push(struct object *object)
{
    object->next_work = NULL;
    work_append(current_thread(), object, object);
}

void object_free(struct object *object)
{
    if (object->size == 0)
        return;
    object_count--;
    slab_free(object->payer, object, object->size);
}

bool work_piece(struct thread *self)
{
    struct object *object = self->work;
    if (!object)
        return false;
    object_reclaim *reclaim = object_types[object->type].reclaim;
    if (!reclaim || reclaim(object)) {
        /* Reclaiming may have pushed more, but always behind the first. */
        self->work = object->next_work;
        object_free(object);
    }
    if (!self->work)
        self->attention &= ~ATTENTION_WORK;
    return self->work != NULL;
}

void work_give(struct thread *to, struct thread *from)
{
    if (!from->work)
        return;
    work_append(to, from->work, from->work_last);
    from->work = NULL;
    from->attention &= ~ATTENTION_WORK;
}
