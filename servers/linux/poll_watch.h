/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is told when a file's readiness may have changed: epolls, and calls of poll and select.
 *
 * Lock order: poll_lock, then the lock of a file's kind. So `poll` operations run with poll_lock
 * held, and file_changed is called with no lock of the own kind held. The descriptor table's lock
 * is never held together with another one. Nothing blocks in a native call with any of them held.
 */
#ifndef ANSER_SERVERS_LINUX_POLL_WATCH_H
#define ANSER_SERVERS_LINUX_POLL_WATCH_H

#include <stdint.h>
#include "lib/thread.h"
#include "file.h"

/* Guards all lists of watches, ready lists, eventfds and timers. Outermost. */
extern struct mutex poll_lock;

/* Somebody's interest in a file. Zeroed: watches nothing. */
struct watch {
    struct file *file;
    struct watch *next; /* of the same file */
    struct watch **link;
    void (*changed)(struct watch *watch);   /* poll_lock is held */
    void (*forgotten)(struct watch *watch); /* the file goes: poll_lock is held; may free it */
};

/* With poll_lock held. The caller holds a reference of the file. */
void watch_add(struct watch *watch, struct file *file);
void watch_remove(struct watch *watch);

/* file_changed for those who hold poll_lock. */
void watch_changed(struct file *file);

/* The file's last descriptor has gone: so do its watches. Takes poll_lock. */
void watch_forget(struct file *file);

/* EPOLL* of the file that hold now; one that cannot be polled is always ready. poll_lock is held.
 */
uint32_t watch_poll(struct file *file);

#endif
