/* SPDX-License-Identifier: BSD-2-Clause */
/* ppoll and pselect6: one pass over the files, a watch on each, and another pass after each change.
 */
#include <string.h>
#include "calls.h"
#include "descriptor.h"
#include "descriptor_abi.h"
#include "heap.h"
#include "poll_deadline.h"
#include "signal.h"
#include "user.h"

struct place {
    struct watch watch;
    struct wait_queue *queue;
    struct file *file; /* with a reference; NULL: no such descriptor, or none asked for */
    uint32_t wanted;
    uint32_t found;
};

/* A call in progress. Few places stand on the stack, many in the heap. */
#define PLACES_ON_STACK 16

struct poller {
    struct wait_queue queue;
    struct place *places;
    uint64_t count;
    struct place few[PLACES_ON_STACK];
};

static int64_t poller_begin(struct poller *poller, uint64_t count)
{
    poller->queue = (struct wait_queue){.sequence = 0};
    poller->count = count;
    poller->places = poller->few;
    if (count > PLACES_ON_STACK)
        poller->places = heap_alloc(count * sizeof(struct place));
    else
        memset(poller->few, 0, count * sizeof(struct place));
    return poller->places ? 0 : -LINUX_ENOMEM;
}

/* Takes a descriptor in. False: not open. */
static bool place_open(struct task *self, struct poller *poller, struct place *place,
                       uint32_t descriptor, uint32_t wanted)
{
    place->queue = &poller->queue;
    place->wanted = wanted;
    place->file = descriptor_get(descriptor);
    if (place->file && place->file->operations->watch)
        place->file->operations->watch(self, place->file);
    return place->file != NULL;
}

static void poller_end(struct poller *poller)
{
    for (uint64_t i = 0; i < poller->count; i++)
        if (poller->places[i].file)
            file_drop(poller->places[i].file);
    if (poller->places != poller->few)
        heap_free(poller->places);
}

static void place_changed(struct watch *watch)
{
    wait_wake(((struct place *)watch)->queue);
}

/* The caller holds a reference, so its files do not go. */
static void place_forgotten(struct watch *watch)
{
    (void)watch;
}

static uint64_t look(struct poller *poller)
{
    uint64_t ready = 0;
    for (uint64_t i = 0; i < poller->count; i++) {
        struct place *place = &poller->places[i];
        if (place->file)
            place->found = watch_poll(place->file) & place->wanted;
        ready += place->found != 0;
    }
    return ready;
}

static void watch_all(struct poller *poller)
{
    for (uint64_t i = 0; i < poller->count; i++) {
        struct place *place = &poller->places[i];
        place->watch.changed = place_changed;
        place->watch.forgotten = place_forgotten;
        if (place->file)
            watch_add(&place->watch, place->file);
    }
}

/* Waits until something that is wanted holds, or something was found before. Returns how many
 * places have something, 0 at the deadline, or -EINTR. */
static int64_t poller_wait(struct task *self, struct poller *poller, uint64_t deadline)
{
    int status = 0;
    mutex_lock(&poll_lock);
    timerfd_expire();
    uint64_t ready = look(poller);
    if (!ready && deadline > 0) {
        watch_all(poller);
        while (!(ready = look(poller)) && status == 0)
            status = poll_wait(self, &poller->queue, deadline);
        for (uint64_t i = 0; i < poller->count; i++)
            watch_remove(&poller->places[i].watch);
    }
    mutex_unlock(&poll_lock);
    return ready || status != -LINUX_EINTR ? (int64_t)ready : status;
}

/* Linux tells how much of the timeout is left. A program that has it in read-only memory loses
 * nothing but that. */
static void tell_rest(uint64_t address, uint64_t deadline)
{
    struct linux_timespec rest = {.seconds = 0};
    uint64_t now = clock_now();
    if (address == 0 || deadline == CLOCK_NEVER)
        return;
    if (deadline > now)
        rest = poll_timespec(deadline - now);
    (void)user_write(address, &rest, sizeof(rest));
}

/* ---- ppoll. ---------------------------------------------------------------------------------- */

static void place_begin(struct task *self, struct poller *poller, struct place *place,
                        const struct linux_pollfd *asked)
{
    uint32_t wanted = (uint16_t)asked->events | LINUX_POLLERR | LINUX_POLLHUP;
    if (asked->descriptor >= 0 &&
        !place_open(self, poller, place, (uint32_t)asked->descriptor, wanted))
        place->found = LINUX_POLLNVAL;
}

static int64_t ppoll_all(struct task *self, struct poller *poller, uint64_t address,
                         uint64_t deadline)
{
    for (uint64_t i = 0; i < poller->count; i++) {
        struct linux_pollfd asked;
        if (user_read(&asked, address + i * sizeof(asked), sizeof(asked)) < 0)
            return -LINUX_EFAULT;
        place_begin(self, poller, &poller->places[i], &asked);
    }
    int64_t ready = poller_wait(self, poller, deadline);
    for (uint64_t i = 0; ready >= 0 && i < poller->count; i++) {
        int16_t found = (int16_t)poller->places[i].found;
        uint64_t to = address + i * sizeof(struct linux_pollfd);
        if (user_write(to + offsetof(struct linux_pollfd, revents), &found, sizeof(found)) < 0)
            return -LINUX_EFAULT;
    }
    return ready;
}

/* Masks signals for the call if there is a mask. Returns 0 or -errno. */
static int mask_signals(struct task *self, uint64_t address, uint64_t size)
{
    uint64_t mask;
    int masked = signal_read_mask(address, size, &mask);
    if (masked > 0)
        signal_mask_temporarily(self, mask);
    return masked < 0 ? masked : 0;
}

int64_t linux_ppoll(struct task *self)
{
    struct poller poller;
    uint64_t count = (uint32_t)task_argument(self, 1), deadline;
    if (count > DESCRIPTORS_MAX)
        return -LINUX_EINVAL;
    int64_t status = poll_timeout(self, task_argument(self, 2), &deadline);
    if (status == 0)
        status = mask_signals(self, task_argument(self, 3), task_argument(self, 4));
    if (status == 0)
        status = poller_begin(&poller, count);
    if (status < 0)
        return status;
    status = ppoll_all(self, &poller, task_argument(self, 0), deadline);
    poller_end(&poller);
    tell_rest(task_argument(self, 2), deadline);
    return status;
}

/* ---- pselect6. ------------------------------------------------------------------------------- */

#define SETS      3
#define SET_WORDS (DESCRIPTORS_MAX / 64)

/* What a bit in each set asks for, and what lets it stand; as Linux has it. */
static const uint32_t set_events[SETS] = {
    LINUX_POLLIN | LINUX_POLLRDNORM | LINUX_POLLRDBAND | LINUX_POLLHUP | LINUX_POLLERR,
    LINUX_POLLOUT | LINUX_POLLWRNORM | LINUX_POLLWRBAND | LINUX_POLLERR,
    LINUX_POLLPRI,
};

struct selection {
    uint64_t addresses[SETS]; /* 0: no such set */
    uint64_t limit;           /* descriptors below it */
    uint64_t words[SETS][SET_WORDS];
};

static uint64_t set_bytes(const struct selection *selection)
{
    return (selection->limit + 63) / 64 * 8;
}

static int64_t read_sets(struct selection *selection)
{
    for (unsigned set = 0; set < SETS; set++)
        if (selection->addresses[set] &&
            user_read(selection->words[set], selection->addresses[set], set_bytes(selection)) < 0)
            return -LINUX_EFAULT;
    return 0;
}

static uint32_t wanted_of(const struct selection *selection, uint64_t descriptor)
{
    uint32_t wanted = 0;
    for (unsigned set = 0; set < SETS; set++)
        if (selection->words[set][descriptor / 64] >> descriptor % 64 & 1)
            wanted |= set_events[set];
    return wanted;
}

static int64_t open_selected(struct task *self, const struct selection *selection,
                             struct poller *poller)
{
    for (uint64_t i = 0; i < selection->limit; i++) {
        uint32_t wanted = wanted_of(selection, i);
        if (wanted && !place_open(self, poller, &poller->places[i], (uint32_t)i, wanted))
            return -LINUX_EBADF;
    }
    return 0;
}

/* Leaves the bits of what was found; returns how many, or -EFAULT. */
static int64_t write_sets(struct selection *selection, const struct poller *poller)
{
    int64_t count = 0;
    for (unsigned set = 0; set < SETS; set++) {
        for (uint64_t i = 0; i < selection->limit; i++) {
            uint64_t bit = 1ul << i % 64;
            if (!(poller->places[i].found & set_events[set]))
                selection->words[set][i / 64] &= ~bit;
            count += (selection->words[set][i / 64] & bit) != 0;
        }
        if (selection->addresses[set] &&
            user_write(selection->addresses[set], selection->words[set], set_bytes(selection)) < 0)
            return -LINUX_EFAULT;
    }
    return count;
}

static int64_t select_all(struct task *self, struct selection *selection, struct poller *poller,
                          uint64_t deadline)
{
    int64_t status = open_selected(self, selection, poller);
    if (status == 0)
        status = poller_wait(self, poller, deadline);
    return status < 0 ? status : write_sets(selection, poller);
}

static int64_t select_begin(struct task *self, struct selection *selection)
{
    struct {
        uint64_t address;
        uint64_t size;
    } mask = {.address = 0};
    for (unsigned set = 0; set < SETS; set++)
        selection->addresses[set] = task_argument(self, 1 + set);
    if (task_argument(self, 5) && user_read(&mask, task_argument(self, 5), sizeof(mask)) < 0)
        return -LINUX_EFAULT;
    int64_t status = read_sets(selection);
    return status < 0 || !mask.address ? status : mask_signals(self, mask.address, mask.size);
}

int64_t linux_pselect6(struct task *self)
{
    struct poller poller;
    int32_t limit = (int32_t)task_argument(self, 0);
    uint64_t deadline;
    if (limit < 0)
        return -LINUX_EINVAL;
    struct selection selection = {.limit = (uint64_t)limit};
    if (selection.limit > DESCRIPTORS_MAX)
        selection.limit = DESCRIPTORS_MAX;
    int64_t status = poll_timeout(self, task_argument(self, 4), &deadline);
    if (status == 0)
        status = select_begin(self, &selection);
    if (status == 0)
        status = poller_begin(&poller, selection.limit);
    if (status < 0)
        return status;
    status = select_all(self, &selection, &poller, deadline);
    poller_end(&poller);
    tell_rest(task_argument(self, 4), deadline);
    return status;
}
