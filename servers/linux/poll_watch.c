/* SPDX-License-Identifier: BSD-2-Clause */
/* Watches of files. A change costs what there are watches of that one file. */
#include "poll_watch.h"
#include "descriptor_abi.h"

struct mutex poll_lock;

void watch_add(struct watch *watch, struct file *file)
{
    watch->file = file;
    watch->next = file->watches;
    watch->link = &file->watches;
    if (watch->next)
        watch->next->link = &watch->next;
    __atomic_store_n(&file->watches, watch, __ATOMIC_SEQ_CST);
}

void watch_remove(struct watch *watch)
{
    if (!watch->file)
        return;
    *watch->link = watch->next;
    if (watch->next)
        watch->next->link = watch->link;
    watch->file = NULL;
}

void watch_changed(struct file *file)
{
    for (struct watch *watch = file->watches; watch; watch = watch->next)
        watch->changed(watch);
}

void file_changed(struct file *file)
{
    /* A watch that is added now polls the file afterwards, and sees what changed. */
    if (!__atomic_load_n(&file->watches, __ATOMIC_SEQ_CST))
        return;
    mutex_lock(&poll_lock);
    watch_changed(file);
    mutex_unlock(&poll_lock);
}

void watch_forget(struct file *file)
{
    if (!__atomic_load_n(&file->watches, __ATOMIC_SEQ_CST))
        return;
    mutex_lock(&poll_lock);
    while (file->watches) {
        struct watch *watch = file->watches;
        watch_remove(watch);
        watch->forgotten(watch);
    }
    mutex_unlock(&poll_lock);
}

uint32_t watch_poll(struct file *file)
{
    if (!file->operations->poll)
        return LINUX_POLL_READABLE | LINUX_POLL_WRITABLE;
    return file->operations->poll(file);
}
