/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Split virtqueues, the driver's side: Virtual I/O Device (VIRTIO) version 1.2, section 2.7. Pure:
 * knows memory only, so it runs on the host, too. One thread uses a queue at a time.
 *
 * The device is not trusted. What the driver needs later (which descriptors a request has, how much
 * the device may write, what is free) lies in private memory and is never read back from the ring.
 * Of what the device writes, three things are read, each once: its index, and of a used element the
 * id and the length. What cannot be breaks the queue for good: `fault` says what it was, virtq_take
 * and virtq_add answer -EPROTO, and nothing outside of the queue has been touched.
 */
#ifndef ANSER_LIB_VIRTQ_H
#define ANSER_LIB_VIRTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTQ_SIZE_MAX  32768 /* 2.7: entries, a power of two */
#define VIRTQ_ALIGNMENT 4096  /* of a queue's memory, physical, and of its used ring: 2.7.2 */

/* Segments of a request that go into one indirect table; longer requests take as many descriptors
 * of the queue as they have segments. */
#define VIRTQ_TABLE 4

/* Features that concern queues (6): bit numbers. */
#define VIRTQ_INDIRECT_DESC 28
#define VIRTQ_EVENT_IDX     29

struct virtq_descriptor;
struct virtq_available;
struct virtq_used;
struct virtq_slot;

/* Where the parts lie, for whoever tells the device. Bytes from the beginning of its memory. */
struct virtq_layout {
    size_t available;
    size_t used;
    size_t tables;
    size_t bytes;
};

struct virtq {
    /* What the device reads and writes. */
    struct virtq_descriptor *descriptors;
    struct virtq_descriptor *tables; /* VIRTQ_TABLE for each descriptor; NULL: not negotiated */
    struct virtq_available *available;
    const volatile struct virtq_used *used;
    uint64_t physical; /* of all of it */
    uint64_t tables_physical;

    /* What only the driver knows. The device's counts are these modulo 2^16. */
    struct virtq_slot *slots; /* one for each descriptor */
    const char *fault;        /* what the device did wrong; NULL: nothing */
    uint32_t size;
    uint32_t free_count;
    uint32_t first_free;
    uint32_t added;     /* requests that the driver put into the available ring */
    uint32_t published; /* of them, those that the device was shown */
    uint32_t done;      /* requests that the device said it has done, when last asked */
    uint32_t taken;     /* of them, those that the driver has taken */
    bool event_index;
    bool awaits; /* asked for an interrupt, without event index */
};

struct virtq_segment {
    uint64_t physical;
    uint32_t length; /* bytes, not 0 */
    bool device_writes;
};

/* Layout of a queue of `size` entries: that of the legacy interface (2.7.2), which the other one
 * takes as well, and tables for indirect descriptors behind it. */
struct virtq_layout virtq_layout(unsigned size);

/* Bytes of memory that a queue of `size` entries needs. */
size_t virtq_bytes(unsigned size);

/*
 * Makes an empty queue of `size` entries, a power of two up to VIRTQ_SIZE_MAX, in virtq_bytes(size)
 * bytes of memory that the device reaches at `physical` (a multiple of VIRTQ_ALIGNMENT). `features`
 * are those negotiated. No interrupt is asked for. Returns 0, -EINVAL, or -ENOMEM for the private
 * part. The memory stays the caller's, who gives it back after virtq_end and a reset of the device.
 */
int virtq_begin(struct virtq *queue, void *memory, uint64_t physical, unsigned size,
                uint64_t features);

/* Forgets the queue: gives the private part back. */
void virtq_end(struct virtq *queue);

/*
 * Puts a request in: `count` segments, those that the device reads before those that it writes
 * (2.7.4.2). `token` comes back when it is done. The device sees it with the next virtq_publish.
 * Returns 0; -EAGAIN: not enough descriptors free now; -EINVAL: no segments, more than the queue
 * can ever hold, an empty one, or the wrong order; -EPROTO: the queue is broken. After an error the
 * queue is as it was.
 */
int virtq_add(struct virtq *queue, const struct virtq_segment *segments, unsigned count,
              uint16_t token);

/* Shows the device what was added (2.7.13). True: it wants to be notified (2.7.10). */
bool virtq_publish(struct virtq *queue);

/*
 * Takes one request that the device has done, in the order in which it did them (2.7.14). Returns
 * 1, the request's token and how many bytes the device says it wrote, at most those of its
 * segments; 0: none is done; -EPROTO: the queue is broken, queue->fault says by what.
 */
int virtq_take(struct virtq *queue, uint16_t *token, uint32_t *written);

/*
 * Asks for an interrupt when `count` (1 and more) requests that were not taken yet are done; before
 * that, and after each interrupt, none is wanted. Without event index it comes at the first one
 * (2.7.7). False: they are done already, or something was done that cannot be; take.
 */
bool virtq_wait_for(struct virtq *queue, unsigned count);

/*
 * Wants no interrupt any more, as after virtq_begin: for who is awake, and calls virtq_wait_for
 * before it sleeps and before 65,535 more requests are done.
 */
void virtq_quiet(struct virtq *queue);

/* Asks for an interrupt at the next one. False: there is one to take. */
static inline bool virtq_wait(struct virtq *queue)
{
    return virtq_wait_for(queue, 1);
}

/* Descriptors free. With indirect descriptors, a request of up to VIRTQ_TABLE segments needs one.
 */
static inline unsigned virtq_free(const struct virtq *queue)
{
    return queue->free_count;
}

/* Requests that were added and not taken yet. */
static inline unsigned virtq_in_flight(const struct virtq *queue)
{
    return queue->added - queue->taken;
}

#endif
