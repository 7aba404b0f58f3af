/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * epoll(7). A watch whose file may have changed stands in its epoll's ready list; waiting looks at
 * those only, whatever the number of others. All under poll_lock. EPOLLEXCLUSIVE is taken and wakes
 * more than it must; an epoll in an epoll is refused.
 */
#include <sys/queue.h>
#include "calls.h"
#include "descriptor.h"
#include "descriptor_abi.h"
#include "heap.h"
#include "poll_deadline.h"
#include "signal.h"
#include "socket_lead.h"
#include "user.h"

#define OPTIONS (LINUX_EPOLLET | LINUX_EPOLLONESHOT | LINUX_EPOLLWAKEUP | LINUX_EPOLLEXCLUSIVE)
#define ALWAYS  (LINUX_POLLERR | LINUX_POLLHUP)

struct entry {
    struct watch watch;
    struct epoll *epoll;
    uint64_t descriptor; /* with the file the key, as on Linux */
    uint32_t events;     /* wanted, and OPTIONS; without wanted ones it has had its one shot */
    uint64_t data;
    bool ready; /* stands in the ready list */
    TAILQ_ENTRY(entry) ready_link;
    LIST_ENTRY(entry) link;
};

TAILQ_HEAD(ready_list, entry);

struct epoll {
    struct file file;
    LIST_HEAD(, entry) entries;
    struct ready_list ready;
    struct wait_queue queue;
};

static void make_ready(struct entry *entry)
{
    if (entry->ready || !(entry->events & ~OPTIONS))
        return;
    entry->ready = true;
    TAILQ_INSERT_TAIL(&entry->epoll->ready, entry, ready_link);
}

static void entry_changed(struct watch *watch)
{
    struct entry *entry = (struct entry *)watch;
    make_ready(entry);
    if (!entry->ready)
        return;
    wait_wake(&entry->epoll->queue);
    watch_changed(&entry->epoll->file);
}

static void forget(struct entry *entry)
{
    if (entry->ready)
        TAILQ_REMOVE(&entry->epoll->ready, entry, ready_link);
    LIST_REMOVE(entry, link);
    heap_free(entry);
}

static void entry_forgotten(struct watch *watch)
{
    forget((struct entry *)watch);
}

static uint32_t entry_poll(const struct entry *entry)
{
    return watch_poll(entry->watch.file) & entry->events & ~OPTIONS;
}

/* ---- The file. ------------------------------------------------------------------------------- */

static uint32_t epoll_poll(struct file *file)
{
    const struct entry *entry;
    TAILQ_FOREACH(entry, &((struct epoll *)file)->ready, ready_link)
    if (entry_poll(entry))
        return LINUX_POLL_READABLE;
    return 0;
}

static int64_t epoll_stat(struct task *self, struct file *file, struct linux_stat *stat)
{
    (void)self;
    (void)file;
    *stat = (struct linux_stat){.mode = 0600, .links = 1, .block_size = 4096};
    return 0;
}

static void epoll_release(struct file *file)
{
    struct epoll *epoll = (struct epoll *)file;
    mutex_lock(&poll_lock);
    while (!LIST_EMPTY(&epoll->entries)) {
        struct entry *entry = LIST_FIRST(&epoll->entries);
        watch_remove(&entry->watch);
        forget(entry);
    }
    mutex_unlock(&poll_lock);
    heap_free(epoll);
}

static const struct file_operations operations = {
    .kind = "anon_inode:[eventpoll]",
    .poll = epoll_poll,
    .stat = epoll_stat,
    .release = epoll_release,
};

int64_t linux_epoll_create1(struct task *self)
{
    uint32_t flags = (uint32_t)task_argument(self, 0);
    if (flags & ~(uint32_t)LINUX_O_CLOEXEC)
        return -LINUX_EINVAL;
    struct epoll *epoll = heap_alloc(sizeof(*epoll));
    if (!epoll)
        return -LINUX_ENOMEM;
    file_init(&epoll->file, &operations, LINUX_O_RDWR);
    LIST_INIT(&epoll->entries);
    TAILQ_INIT(&epoll->ready);
    int64_t descriptor = descriptor_install(&epoll->file, 0, flags);
    if (descriptor < 0)
        file_drop(&epoll->file);
    return descriptor;
}

/* ---- epoll_ctl. ------------------------------------------------------------------------------ */

static struct entry *find(const struct epoll *epoll, const struct file *file, uint64_t descriptor)
{
    for (struct watch *watch = file->watches; watch; watch = watch->next) {
        struct entry *entry = (struct entry *)watch;
        if (watch->changed == entry_changed && entry->epoll == epoll &&
            entry->descriptor == descriptor)
            return entry;
    }
    return NULL;
}

/* After a change of what is wanted: what holds already is news. */
static void look(struct entry *entry)
{
    if (entry_poll(entry))
        entry_changed(&entry->watch);
}

static int64_t add(struct epoll *epoll, struct file *file, uint64_t descriptor,
                   const struct linux_epoll_event *event, struct entry *entry)
{
    *entry = (struct entry){.watch = {.changed = entry_changed, .forgotten = entry_forgotten},
                            .epoll = epoll,
                            .descriptor = descriptor,
                            .events = event->events | ALWAYS,
                            .data = event->data};
    LIST_INSERT_HEAD(&epoll->entries, entry, link);
    watch_add(&entry->watch, file);
    look(entry);
    return 0;
}

static int64_t modify(struct entry *entry, const struct linux_epoll_event *event)
{
    if ((entry->events | event->events) & LINUX_EPOLLEXCLUSIVE)
        return -LINUX_EINVAL;
    entry->events = event->events | ALWAYS;
    entry->data = event->data;
    look(entry);
    return 0;
}

/* Under poll_lock. *fresh is used, and set to NULL, if an entry is added. */
static int64_t control(struct epoll *epoll, struct file *file, uint64_t operation,
                       uint64_t descriptor, const struct linux_epoll_event *event,
                       struct entry **fresh)
{
    struct entry *entry = find(epoll, file, descriptor);
    if (operation == LINUX_EPOLL_CTL_ADD) {
        if (entry)
            return -LINUX_EEXIST;
        entry = *fresh;
        *fresh = NULL;
        return add(epoll, file, descriptor, event, entry);
    }
    if (!entry)
        return -LINUX_ENOENT;
    if (operation == LINUX_EPOLL_CTL_MOD)
        return modify(entry, event);
    watch_remove(&entry->watch);
    forget(entry);
    return 0;
}

/* The order of checks is Linux's. */
static int64_t check(const struct file *epoll, const struct file *file, uint64_t operation)
{
    if (!epoll || !file)
        return -LINUX_EBADF;
    if (!file->operations->poll)
        return -LINUX_EPERM;
    if (epoll->operations != &operations || file->operations == &operations ||
        operation < LINUX_EPOLL_CTL_ADD || operation > LINUX_EPOLL_CTL_MOD)
        return -LINUX_EINVAL;
    return 0;
}

static int64_t control_file(struct task *self, struct file *epoll, struct file *file,
                            const struct linux_epoll_event *event)
{
    uint64_t operation = task_argument(self, 1);
    struct entry *fresh = NULL;
    int64_t status = check(epoll, file, operation);
    if (status < 0)
        return status;
    if (operation == LINUX_EPOLL_CTL_ADD) {
        fresh = heap_alloc(sizeof(*fresh));
        if (!fresh)
            return -LINUX_ENOMEM;
    }
    mutex_lock(&poll_lock);
    status = control((struct epoll *)epoll, file, operation, (uint32_t)task_argument(self, 2),
                     event, &fresh);
    mutex_unlock(&poll_lock);
    heap_free(fresh);
    if (status == 0 && operation != LINUX_EPOLL_CTL_DEL && file->operations->watch)
        file->operations->watch(self, file);
    return status;
}

int64_t linux_epoll_ctl(struct task *self)
{
    struct linux_epoll_event event = {.events = 0};
    if (task_argument(self, 1) != LINUX_EPOLL_CTL_DEL &&
        user_read(&event, task_argument(self, 3), sizeof(event)) < 0)
        return -LINUX_EFAULT;
    struct file *epoll = descriptor_get((uint32_t)task_argument(self, 0));
    struct file *file = descriptor_get((uint32_t)task_argument(self, 2));
    int64_t status = control_file(self, epoll, file, &event);
    if (epoll)
        file_drop(epoll);
    if (file)
        file_drop(file);
    return status;
}

/* ---- Waiting. -------------------------------------------------------------------------------- */

/* Tells one ready entry, whose place in the list is taken already. 1: told, 0: nothing holds any
 * more, -EFAULT. */
static int64_t tell(struct entry *entry, uint64_t to)
{
    struct linux_epoll_event event = {.events = entry_poll(entry), .data = entry->data};
    if (!event.events)
        return 0;
    if (user_write(to, &event, sizeof(event)) < 0)
        return -LINUX_EFAULT;
    if (entry->events & LINUX_EPOLLONESHOT)
        entry->events &= OPTIONS;
    else if (!(entry->events & LINUX_EPOLLET))
        make_ready(entry); /* level: until it is looked at and does not hold */
    return 1;
}

/* Tells up to `most` ready entries, each at most once. Returns their number, or -EFAULT. */
static int64_t collect(struct epoll *epoll, uint64_t to, uint64_t most)
{
    struct ready_list looked_at = TAILQ_HEAD_INITIALIZER(looked_at);
    int64_t told = 0, status = 0;
    TAILQ_CONCAT(&looked_at, &epoll->ready, ready_link);
    while (!TAILQ_EMPTY(&looked_at) && (uint64_t)told < most && status >= 0) {
        struct entry *entry = TAILQ_FIRST(&looked_at);
        TAILQ_REMOVE(&looked_at, entry, ready_link);
        entry->ready = false;
        status = tell(entry, to + (uint64_t)told * sizeof(struct linux_epoll_event));
        if (status < 0)
            make_ready(entry);
        else
            told += status;
    }
    /* Those that were not reached go first next time. */
    TAILQ_CONCAT(&looked_at, &epoll->ready, ready_link);
    TAILQ_CONCAT(&epoll->ready, &looked_at, ready_link);
    return told ? told : status;
}

static int64_t wait_ready(struct task *self, struct epoll *epoll, uint64_t to, uint64_t most,
                          uint64_t deadline)
{
    int64_t told;
    int status = 0;
    /* Who does not come to wait, or finds others ready each time, hears of sockets, too. */
    if (!deadline || !TAILQ_EMPTY(&epoll->ready))
        socket_look();
    mutex_lock(&poll_lock);
    timerfd_expire();
    for (;;) {
        told = collect(epoll, to, most);
        if (told != 0 || status != 0)
            break;
        status = deadline ? poll_wait(self, &epoll->queue, deadline) : -LINUX_ETIMEDOUT;
    }
    mutex_unlock(&poll_lock);
    return told || status == -LINUX_ETIMEDOUT ? told : status;
}

static int64_t epoll_wait(struct task *self, uint64_t deadline)
{
    int32_t most = (int32_t)task_argument(self, 2);
    uint64_t mask;
    int masked = signal_read_mask(task_argument(self, 4), task_argument(self, 5), &mask);
    if (most <= 0 || most > INT32_MAX / (int32_t)sizeof(struct linux_epoll_event) || masked < 0)
        return masked < 0 ? masked : -LINUX_EINVAL;
    struct file *file = descriptor_get((uint32_t)task_argument(self, 0));
    if (!file)
        return -LINUX_EBADF;
    int64_t status = -LINUX_EINVAL;
    if (file->operations == &operations) {
        if (masked)
            signal_mask_temporarily(self, mask);
        status = wait_ready(self, (struct epoll *)file, task_argument(self, 1), (uint64_t)most,
                            deadline);
    }
    file_drop(file);
    return status;
}

int64_t linux_epoll_pwait(struct task *self)
{
    int32_t milliseconds = (int32_t)task_argument(self, 3);
    uint64_t deadline = CLOCK_NEVER;
    if (milliseconds == 0)
        deadline = 0;
    else if (milliseconds > 0)
        deadline = task_deadline(self, clock_ticks((uint64_t)milliseconds * 1000000));
    return epoll_wait(self, deadline);
}

int64_t linux_epoll_pwait2(struct task *self)
{
    uint64_t deadline;
    int status = poll_timeout(self, task_argument(self, 3), &deadline);
    return status < 0 ? status : epoll_wait(self, deadline);
}
