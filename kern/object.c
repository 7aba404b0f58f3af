/* SPDX-License-Identifier: BSD-2-Clause */
/* References on kernel objects, and the work that the last drop leaves behind. */
#include "kern/object.h"
#include "kern/panic.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "kern/work.h"

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

void work_push(struct object *object)
{
    struct thread *self = current_thread();
    object->next_work = NULL;
    if (self->work)
        self->work_last->next_work = object;
    else
        self->work = object;
    self->work_last = object;
    self->attention |= ATTENTION_WORK;
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
    if (object_types[object->type].reclaim(object)) {
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
    if (to->work)
        to->work_last->next_work = from->work;
    else
        to->work = from->work;
    to->work_last = from->work_last;
    to->attention |= ATTENTION_WORK;
    from->work = NULL;
    from->attention &= ~ATTENTION_WORK;
}
