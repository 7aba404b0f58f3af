/* SPDX-License-Identifier: BSD-2-Clause */
/* struct linux_dirent64: d_ino, d_off, d_reclen, d_type, d_name, padded to 8 bytes (getdents64(2)).
 */
#include "directory.h"
#include <string.h>
#include "calls.h"
#include "linux_abi.h"
#include "named_file.h"
#include "user.h"

struct linux_dirent64 {
    uint64_t inode;
    int64_t next;
    uint16_t length;
    uint8_t type;
    char name[256 + 5];
};

#define NAME_OFFSET offsetof(struct linux_dirent64, name)

bool directory_add(struct directory_list *list, const struct directory_entry *entry)
{
    struct linux_dirent64 record = {
        .inode = entry->inode, .next = (int64_t)entry->next, .type = entry->type};
    size_t name = entry->length < 255 ? entry->length : 255;
    size_t length = (NAME_OFFSET + name + 1 + 7) & ~7ul;
    if (list->error < 0)
        return false;
    if (length > list->room - list->used) {
        list->error = -LINUX_EINVAL;
        return false;
    }
    record.length = (uint16_t)length;
    memcpy(record.name, entry->name, name);
    if (user_write(list->to + list->used, &record, length) < 0) {
        list->error = -LINUX_EFAULT;
        return false;
    }
    list->used += length;
    return true;
}

int64_t directory_read(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    (void)self, (void)file, (void)to, (void)length;
    return -LINUX_EISDIR;
}

int64_t directory_seek(struct task *self, struct file *file, int64_t offset, int whence)
{
    (void)self;
    return named_file_seek(file, offset, whence, INT64_MAX);
}

int64_t directory_result(const struct directory_list *list)
{
    return list->used > 0 ? (int64_t)list->used : list->error;
}

int64_t linux_getdents64(struct task *self)
{
    struct file *file = descriptor_get(task_argument(self, 0));
    if (file == NULL)
        return -LINUX_EBADF;
    int64_t result = -LINUX_ENOTDIR;
    if (file->flags & LINUX_O_PATH)
        result = -LINUX_EBADF;
    else if (file->operations->list != NULL)
        result = file->operations->list(self, file, task_argument(self, 1),
                                        (uint32_t)task_argument(self, 2));
    file_drop(file);
    return result;
}
