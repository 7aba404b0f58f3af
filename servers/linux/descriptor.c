/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of descriptors. Its lock is held for a few instructions only: every operation on a file
 * runs on a reference of its own, so a descriptor that another thread closes meanwhile does no
 * harm.
 */
#include "lib/thread.h"
#include "descriptor.h"
#include "poll_watch.h"
#include "stream.h"

#define WORDS (DESCRIPTORS_MAX / 64)

static struct {
    struct mutex lock;
    struct file *files[DESCRIPTORS_MAX];
    uint64_t used[WORDS]; /* bit n: files[n] is taken */
    uint64_t close_on_exec[WORDS];
} table;

static inline void set_bit(uint64_t *words, uint64_t number, bool on)
{
    uint64_t bit = 1ul << number % 64;
    words[number / 64] = on ? words[number / 64] | bit : words[number / 64] & ~bit;
}

static inline bool test_bit(const uint64_t *words, uint64_t number)
{
    return words[number / 64] >> number % 64 & 1;
}

/* The first number >= from whose bit in `used` is `value`. */
static uint64_t find(uint64_t from, bool value)
{
    while (from < DESCRIPTORS_MAX) {
        uint64_t word = value ? table.used[from / 64] : ~table.used[from / 64];
        word &= ~0ul << from % 64;
        from = from / 64 * 64;
        if (word) {
            /* No instruction for it without Zbb: six halvings. */
            for (unsigned step = 32; step; step /= 2)
                if (!(word << (64 - step))) {
                    word >>= step;
                    from += step;
                }
            return from;
        }
        from += 64;
    }
    return DESCRIPTORS_MAX;
}

static void put(uint64_t number, struct file *file, uint32_t flags)
{
    table.files[number] = file;
    set_bit(table.used, number, true);
    set_bit(table.close_on_exec, number, flags & LINUX_O_CLOEXEC);
}

int64_t descriptor_install(struct file *file, int lowest, uint32_t flags)
{
    mutex_lock(&table.lock);
    uint64_t number = find((uint64_t)lowest, false);
    if (number < DESCRIPTORS_MAX)
        put(number, file, flags);
    mutex_unlock(&table.lock);
    return number < DESCRIPTORS_MAX ? (int64_t)number : -LINUX_EMFILE;
}

int64_t descriptor_replace(struct file *file, uint64_t descriptor, uint32_t flags)
{
    if (descriptor >= DESCRIPTORS_MAX)
        return -LINUX_EBADF;
    mutex_lock(&table.lock);
    struct file *before = table.files[descriptor];
    put(descriptor, file, flags);
    mutex_unlock(&table.lock);
    if (before)
        file_drop(before);
    return (int64_t)descriptor;
}

struct file *file_reference(struct file *file)
{
    __atomic_fetch_add(&file->references, 1, __ATOMIC_RELAXED);
    return file;
}

struct file *descriptor_get(uint64_t descriptor)
{
    struct file *file = NULL;
    if (descriptor >= DESCRIPTORS_MAX)
        return NULL;
    mutex_lock(&table.lock);
    if (table.files[descriptor])
        file = file_reference(table.files[descriptor]);
    mutex_unlock(&table.lock);
    return file;
}

void file_drop(struct file *file)
{
    if (__atomic_sub_fetch(&file->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    watch_forget(file);
    file->operations->release(file);
}

int64_t descriptor_close(uint64_t descriptor)
{
    if (descriptor >= DESCRIPTORS_MAX)
        return -LINUX_EBADF;
    mutex_lock(&table.lock);
    struct file *file = table.files[descriptor];
    table.files[descriptor] = NULL;
    set_bit(table.used, descriptor, false);
    mutex_unlock(&table.lock);
    if (!file)
        return -LINUX_EBADF;
    file_drop(file);
    return 0;
}

int64_t descriptor_close_on_exec(uint64_t descriptor)
{
    if (descriptor >= DESCRIPTORS_MAX)
        return -LINUX_EBADF;
    mutex_lock(&table.lock);
    int64_t result = -LINUX_EBADF;
    if (table.files[descriptor])
        result = test_bit(table.close_on_exec, descriptor);
    mutex_unlock(&table.lock);
    return result;
}

int64_t descriptor_set_close_on_exec(uint64_t descriptor, bool on)
{
    if (descriptor >= DESCRIPTORS_MAX)
        return -LINUX_EBADF;
    mutex_lock(&table.lock);
    bool open = table.files[descriptor] != NULL;
    if (open)
        set_bit(table.close_on_exec, descriptor, on);
    mutex_unlock(&table.lock);
    return open ? 0 : -LINUX_EBADF;
}

uint64_t descriptor_next(uint64_t from)
{
    mutex_lock(&table.lock);
    uint64_t number = find(from, true);
    mutex_unlock(&table.lock);
    return number;
}

void descriptor_open_standard(void)
{
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    for (unsigned i = 0; i < 3; i++) {
        struct file *file = stream_open(names[i]);
        if (file)
            descriptor_replace(file, i, 0);
    }
}
