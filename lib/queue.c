/* SPDX-License-Identifier: BSD-2-Clause */
/* A bounded queue between threads: a ring under a mutex, and two conditions. */
#include <errno.h>
#include "thread.h"

void queue_init(struct queue *queue, uint64_t *slots, size_t capacity)
{
    *queue = (struct queue){.slots = slots, .capacity = capacity};
}

int queue_put(struct queue *queue, uint64_t value, uint64_t deadline)
{
    int status = 0;
    mutex_lock(&queue->mutex);
    while (queue->count == queue->capacity && status == 0)
        status = condition_wait(&queue->not_full, &queue->mutex, deadline);
    if (queue->count < queue->capacity) {
        status = 0;
        queue->slots[(queue->head + queue->count) % queue->capacity] = value;
        queue->count++;
        condition_wake_one(&queue->not_empty);
    }
    mutex_unlock(&queue->mutex);
    return status;
}

int queue_take(struct queue *queue, uint64_t *value, uint64_t deadline)
{
    int status = 0;
    mutex_lock(&queue->mutex);
    while (queue->count == 0 && status == 0)
        status = condition_wait(&queue->not_empty, &queue->mutex, deadline);
    if (queue->count > 0) {
        status = 0;
        *value = queue->slots[queue->head];
        queue->head = (queue->head + 1) % queue->capacity;
        queue->count--;
        condition_wake_one(&queue->not_full);
    }
    mutex_unlock(&queue->mutex);
    return status;
}
