/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sendfile(2) from files whose bytes lie in frozen pages. They are mapped into the program for the
 * time of a piece, for the operations of files know the program's addresses only. Any other file
 * gets -EINVAL, which all callers take as "copy yourself".
 */
#include "lib/syscall.h"
#include "calls.h"
#include "descriptor.h"
#include "descriptor_abi.h"
#include "user.h"

#define PIECE_MAX 0x100000ul
#define PAGE_MASK (ANSER_PAGE_SIZE - 1ul)

/* Where the bytes of a file lie. */
struct extent {
    anser_handle pages;
    uint64_t offset;
    uint64_t size;
};

/* Writes one piece of the file, within its size. Returns bytes written, or -errno. */
static int64_t send_piece(struct task *self, struct file *to, const struct extent *extent,
                          uint64_t position, uint64_t length)
{
    uint64_t begin = extent->offset + position, skip = begin & PAGE_MASK;
    uint64_t mapped = (skip + length + PAGE_MASK) & ~PAGE_MASK;
    struct sys_result map =
        sys_region_map(0, 0, mapped, ANSER_PROT_READ, extent->pages, begin - skip);
    if (map.status < 0)
        return -LINUX_ENOMEM;
    int64_t sent = to->operations->write(self, to, map.value + skip, length);
    sys_region_unmap(0, map.value, mapped);
    return sent;
}

static int64_t send(struct task *self, struct file *to, const struct extent *extent,
                    uint64_t position, uint64_t count)
{
    uint64_t done = 0;
    while (done < count && position + done < extent->size) {
        uint64_t left = extent->size - position - done;
        uint64_t length = count - done < left ? count - done : left;
        if (length > PIECE_MAX)
            length = PIECE_MAX;
        int64_t sent = send_piece(self, to, extent, position + done, length);
        if (sent < 0)
            return done ? (int64_t)done : sent;
        done += (uint64_t)sent;
        if ((uint64_t)sent < length)
            break;
    }
    return (int64_t)done;
}

/* From where the program's offset says, or else the file's position; and puts that forward. */
static int64_t send_at(struct task *self, struct file *to, struct file *from, uint64_t address)
{
    struct extent extent;
    int64_t position;
    int64_t status =
        from->operations->pages(self, from, &extent.pages, &extent.offset, &extent.size);
    if (status < 0)
        return status == -LINUX_ERESTARTNOINTR ? status : -LINUX_EINVAL;
    if (!address)
        position = from->operations->seek(self, from, 0, LINUX_SEEK_CUR);
    else if (user_read(&position, address, sizeof(position)) < 0)
        return -LINUX_EFAULT;
    if (position < 0)
        return -LINUX_EINVAL;
    int64_t sent = send(self, to, &extent, (uint64_t)position, task_argument(self, 3));
    if (sent <= 0)
        return sent;
    position += sent;
    if (!address)
        from->operations->seek(self, from, position, LINUX_SEEK_SET);
    else if (user_write(address, &position, sizeof(position)) < 0)
        return -LINUX_EFAULT;
    return sent;
}

static int64_t send_file(struct task *self, struct file *to, struct file *from)
{
    uint32_t to_access = to->flags & LINUX_O_ACCMODE, from_access = from->flags & LINUX_O_ACCMODE;
    if (to_access == LINUX_O_RDONLY || from_access == LINUX_O_WRONLY ||
        (to->flags | from->flags) & LINUX_O_PATH)
        return -LINUX_EBADF;
    if (!to->operations->write || !from->operations->pages || !from->operations->seek)
        return -LINUX_EINVAL;
    return send_at(self, to, from, task_argument(self, 2));
}

int64_t linux_sendfile(struct task *self)
{
    struct file *to = descriptor_get((uint32_t)task_argument(self, 0));
    struct file *from = descriptor_get((uint32_t)task_argument(self, 1));
    int64_t result = to && from ? send_file(self, to, from) : -LINUX_EBADF;
    if (to)
        file_drop(to);
    if (from)
        file_drop(from);
    return result;
}
