/* SPDX-License-Identifier: BSD-2-Clause */
/* eventfd(2): a 64-bit counter that can be waited for. Its state stands under poll_lock. */
#include "lib/clock.h"
#include "calls.h"
#include "descriptor.h"
#include "descriptor_abi.h"
#include "heap.h"
#include "poll_watch.h"
#include "user.h"

#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
    struct file file;
    uint64_t count;
    bool semaphore;          /* a read takes one, not all */
    struct wait_queue queue; /* readers and writers */
};

/* Waits for the other side, poll_lock held: 0 to look again. */
static int64_t wait_change(struct task *self, struct eventfd *event)
{
    if (__atomic_load_n(&event->file.flags, __ATOMIC_RELAXED) & LINUX_O_NONBLOCK)
        return -LINUX_EAGAIN;
    return wait_for(self, &event->queue, &poll_lock, CLOCK_NEVER);
}

static void changed(struct eventfd *event)
{
    wait_wake(&event->queue);
    watch_changed(&event->file);
}

static int64_t eventfd_read(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    struct eventfd *event = (struct eventfd *)file;
    uint64_t value = 0;
    int64_t status = 0;
    if (length < sizeof(value))
        return -LINUX_EINVAL;
    mutex_lock(&poll_lock);
    while (event->count == 0 && status == 0)
        status = wait_change(self, event);
    if (event->count > 0) {
        value = event->semaphore ? 1 : event->count;
        event->count -= value;
        changed(event);
    }
    mutex_unlock(&poll_lock);
    if (value == 0)
        return status;
    return user_write(to, &value, sizeof(value)) < 0 ? -LINUX_EFAULT : (int64_t)sizeof(value);
}

static int64_t eventfd_write(struct task *self, struct file *file, uint64_t from, uint64_t length)
{
    struct eventfd *event = (struct eventfd *)file;
    uint64_t value;
    int64_t status = 0;
    if (length < sizeof(value))
        return -LINUX_EINVAL;
    if (user_read(&value, from, sizeof(value)) < 0)
        return -LINUX_EFAULT;
    if (value == UINT64_MAX)
        return -LINUX_EINVAL;
    mutex_lock(&poll_lock);
    while (value > COUNT_MAX - event->count && status == 0)
        status = wait_change(self, event);
    bool fits = value <= COUNT_MAX - event->count;
    if (fits) {
        event->count += value;
        changed(event);
    }
    mutex_unlock(&poll_lock);
    return fits ? (int64_t)sizeof(value) : status;
}

static uint32_t eventfd_poll(struct file *file)
{
    const struct eventfd *event = (const struct eventfd *)file;
    return (event->count > 0 ? LINUX_POLLIN : 0) | (event->count < COUNT_MAX ? LINUX_POLLOUT : 0);
}

/* As for all files without a name: anonymous inodes. */
static int64_t eventfd_stat(struct task *self, struct file *file, struct linux_stat *stat)
{
    (void)self;
    (void)file;
    *stat = (struct linux_stat){.mode = 0600, .links = 1, .block_size = 4096};
    return 0;
}

static void eventfd_release(struct file *file)
{
    heap_free(file);
}

static const struct file_operations operations = {
    .kind = "anon_inode:[eventfd]",
    .read = eventfd_read,
    .write = eventfd_write,
    .poll = eventfd_poll,
    .stat = eventfd_stat,
    .release = eventfd_release,
};

int64_t linux_eventfd2(struct task *self)
{
    uint32_t flags = (uint32_t)task_argument(self, 1);
    if (flags & ~(uint32_t)(LINUX_EFD_SEMAPHORE | LINUX_O_NONBLOCK | LINUX_O_CLOEXEC))
        return -LINUX_EINVAL;
    struct eventfd *event = heap_alloc(sizeof(*event));
    if (!event)
        return -LINUX_ENOMEM;
    file_init(&event->file, &operations, LINUX_O_RDWR | (flags & LINUX_O_NONBLOCK));
    event->count = (uint32_t)task_argument(self, 0);
    event->semaphore = flags & LINUX_EFD_SEMAPHORE;
    int64_t descriptor = descriptor_install(&event->file, 0, flags);
    if (descriptor < 0)
        file_drop(&event->file);
    return descriptor;
}
