/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program's memory on native regions: reservations cost nothing there either. Errors are as
 * Linux words them; what lies from LINUX_OWN_BEGIN on is not the program's to touch.
 */
#include "access.h"
#include "calls.h"
#include "descriptor_abi.h"
#include "file.h"
#include "layout.h"
#include "lib/syscall.h"
#include "lib/thread.h"
#include "linux_abi.h"
#include "process.h"
#include "user.h"

#define PAGE      ((uint64_t)ANSER_PAGE_SIZE)
#define PAGE_MASK (PAGE - 1)

#define PROT_READ  1
#define PROT_WRITE 2
#define PROT_EXEC  4
#define PROT_ALL   (PROT_READ | PROT_WRITE | PROT_EXEC)

#define MAP_SHARED          0x01
#define MAP_PRIVATE         0x02
#define MAP_TYPE            0x0f
#define MAP_FIXED           0x10
#define MAP_ANONYMOUS       0x20
#define MAP_FIXED_NOREPLACE 0x100000

#define MADV_DONTNEED 4
#define MADV_FREE     8

#define MREMAP_MAYMOVE 1

static uint64_t page_up(uint64_t length)
{
    return (length + PAGE_MASK) & ~PAGE_MASK;
}

/* Whole pages that are the program's; *length is rounded up. */
static bool is_own(uint64_t address, uint64_t *length)
{
    if ((address & PAGE_MASK) != 0 || *length > LINUX_OWN_BEGIN)
        return false;
    *length = page_up(*length);
    return address <= LINUX_OWN_BEGIN && *length <= LINUX_OWN_BEGIN - address;
}

/* Linux's rights as Anser's: what can be written can be read. Never both written and executed. */
static int64_t native_prot(uint64_t prot)
{
    if ((prot & ~(uint64_t)PROT_ALL) != 0)
        return -LINUX_EINVAL;
    if ((prot & (PROT_WRITE | PROT_EXEC)) == (PROT_WRITE | PROT_EXEC))
        return -LINUX_EACCES;
    return (int64_t)(prot & PROT_WRITE ? prot | PROT_READ : prot);
}

/* ---- mmap. ----------------------------------------------------------------------------------- */

static int64_t map_native(uint64_t address, uint64_t length, uint64_t prot, uint64_t flags,
                          anser_handle object, uint64_t offset)
{
    uint64_t native = prot;
    if (flags & MAP_FIXED_NOREPLACE)
        native |= ANSER_MAP_NOREPLACE;
    else if (flags & MAP_FIXED)
        native |= ANSER_MAP_FIXED;
    struct sys_result result = sys_region_map(0, address, length, native, object, offset);
    if (result.status >= 0)
        return (int64_t)result.value;
    return result.status == -ANSER_EINVAL && object == 0 ? -LINUX_ENOMEM : result.status;
}

/* Behind the end of a file a mapping holds zeros, but the pages hold what follows in the archive:
 * the last page is a copy. The mapping is at `at`, of `offset` in a file of `size` bytes. */
static int64_t copy_tail(struct task *self, struct file *file, uint64_t at, uint64_t length,
                         uint64_t prot, uint64_t size)
{
    uint64_t offset = task_argument(self, 5), tail = size & ~(uint64_t)PAGE_MASK;
    if (tail == size || tail < offset || tail - offset >= length)
        return 0;
    uint64_t page = at + (tail - offset);
    int64_t status = map_native(page, ANSER_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_FIXED, 0, 0);
    if (status < 0)
        return status;
    status = file->operations->read_at(self, file, page, size - tail, tail);
    if (status >= 0 && prot != (PROT_READ | PROT_WRITE))
        status = sys_region_protect(0, page, ANSER_PAGE_SIZE, prot);
    return status < 0 ? status : 0;
}

/* In place, if the file has frozen pages that lie right; -ENODEV: not so. */
static int64_t map_pages(struct task *self, struct file *file, uint64_t address, uint64_t length,
                         uint64_t prot, uint64_t flags)
{
    anser_handle pages;
    uint64_t begin, size, offset = task_argument(self, 5);
    if (file->operations->pages == NULL || prot & PROT_WRITE)
        return -LINUX_ENODEV;
    int64_t status = file->operations->pages(self, file, &pages, &begin, &size);
    if (status == -LINUX_ERESTARTNOINTR)
        return status;
    if (status < 0 || (begin & PAGE_MASK) != 0 || offset > size || length > page_up(size) - offset)
        return -LINUX_ENODEV;
    int64_t at = map_native(address, length, prot, flags, pages, begin + offset);
    if (at < 0)
        return at;
    status = copy_tail(self, file, (uint64_t)at, length, prot, size);
    if (status < 0)
        sys_region_unmap(0, (uint64_t)at, length);
    return status < 0 ? status : at;
}

/* A private copy: anonymous memory, filled from the file. */
static int64_t map_copy(struct task *self, struct file *file, uint64_t address, uint64_t length,
                        uint64_t prot, uint64_t flags)
{
    if (file->operations->read_at == NULL)
        return -LINUX_ENODEV;
    int64_t at = map_native(address, length, PROT_READ | PROT_WRITE, flags, 0, 0);
    if (at < 0)
        return at;
    uint64_t wanted = task_argument(self, 1);
    for (uint64_t done = 0; done < wanted;) {
        int64_t got = file->operations->read_at(self, file, (uint64_t)at + done, wanted - done,
                                                task_argument(self, 5) + done);
        if (got < 0) {
            sys_region_unmap(0, (uint64_t)at, length);
            return got;
        }
        if (got == 0)
            break;
        done += (uint64_t)got;
    }
    if (prot != (PROT_READ | PROT_WRITE))
        sys_region_protect(0, (uint64_t)at, length, prot);
    return at;
}

static int64_t map_file(struct task *self, uint64_t address, uint64_t length, uint64_t prot,
                        uint64_t flags)
{
    struct file *file = descriptor_get(task_argument(self, 4));
    if (file == NULL)
        return -LINUX_EBADF;
    int64_t result = -LINUX_EACCES;
    bool shared_write = (flags & MAP_TYPE) != MAP_PRIVATE && prot & PROT_WRITE;
    if ((file->flags & LINUX_O_ACCMODE) != LINUX_O_WRONLY && !shared_write) {
        result = map_pages(self, file, address, length, prot, flags);
        if (result == -LINUX_ENODEV)
            result = map_copy(self, file, address, length, prot, flags);
    }
    file_drop(file);
    return result;
}

int64_t linux_mmap(struct task *self)
{
    uint64_t address = task_argument(self, 0), length = task_argument(self, 1);
    uint64_t flags = task_argument(self, 3), type = flags & MAP_TYPE;
    bool fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
    int64_t prot = native_prot(task_argument(self, 2));
    if (prot < 0)
        return prot;
    if (length == 0 || type == 0 || type > 3 || (task_argument(self, 5) & PAGE_MASK) != 0 ||
        (fixed && (address & PAGE_MASK) != 0))
        return -LINUX_EINVAL;
    if (!fixed)
        address &= ~PAGE_MASK;
    /* Also a hint that cannot be had is refused: a program that tries many of them gives up then.
     */
    if (!is_own(address, &length))
        return -LINUX_ENOMEM;
    if (flags & MAP_ANONYMOUS)
        return map_native(address, length, (uint64_t)prot, flags, 0, 0);
    return map_file(self, address, length, (uint64_t)prot, flags);
}

/* ---- What is there. -------------------------------------------------------------------------- */

int64_t linux_munmap(struct task *self)
{
    uint64_t address = task_argument(self, 0), length = task_argument(self, 1);
    if (!is_own(address, &length) || length == 0)
        return -LINUX_EINVAL;
    int64_t status = sys_region_unmap(0, address, length);
    return status == -ANSER_EINVAL ? 0 : status; /* page 0 and the kernel's slot: nothing there */
}

int64_t linux_mprotect(struct task *self)
{
    uint64_t address = task_argument(self, 0), length = task_argument(self, 1);
    int64_t prot = native_prot(task_argument(self, 2) & ~0x3000000ul /* GROWSDOWN, GROWSUP */);
    if (prot < 0 || (address & PAGE_MASK) != 0)
        return prot < 0 ? prot : -LINUX_EINVAL;
    if (length == 0)
        return 0;
    if (!is_own(address, &length))
        return -LINUX_ENOMEM;
    int64_t status = sys_region_protect(0, address, length, (uint64_t)prot);
    if (status == -ANSER_EPERM)
        return -LINUX_EACCES;
    return status == -ANSER_EFAULT || status == -ANSER_EINVAL ? -LINUX_ENOMEM : status;
}

/* What Linux takes without a special right, from MADV_NORMAL to MADV_COLLAPSE. */
static bool is_advice(int32_t advice)
{
    return (advice >= 0 && advice <= 4) || (advice >= 8 && advice <= 25);
}

int64_t linux_madvise(struct task *self)
{
    uint64_t address = task_argument(self, 0), length = task_argument(self, 1);
    int32_t advice = (int32_t)task_argument(self, 2);
    if ((address & PAGE_MASK) != 0 || !is_advice(advice))
        return -LINUX_EINVAL;
    if (!is_own(address, &length))
        return -LINUX_ENOMEM;
    if (length == 0 || (advice != MADV_DONTNEED && advice != MADV_FREE))
        return 0;
    int64_t status = sys_region_decommit(0, address, length);
    return status < 0 ? -LINUX_ENOMEM : 0;
}

/* Whether pages are resident is not known; what can be read is said to be. */
int64_t linux_mincore(struct task *self)
{
    uint64_t address = task_argument(self, 0), length = task_argument(self, 1);
    uint8_t resident = 1;
    if ((address & PAGE_MASK) != 0)
        return -LINUX_EINVAL;
    if (!is_own(address, &length))
        return -LINUX_ENOMEM;
    for (uint64_t page = 0; page < length / PAGE; page++) {
        if (access_touch((const void *)(address + page * PAGE), 0) < 0)
            return -LINUX_ENOMEM;
        if (user_write(task_argument(self, 2) + page, &resident, 1) < 0)
            return -LINUX_EFAULT;
    }
    return 0;
}

/* ---- mremap. --------------------------------------------------------------------------------- */

/* Moves by sharing the pages copy-on-write and taking the old place away. */
static int64_t move(uint64_t from, uint64_t old_length, uint64_t new_length)
{
    uint64_t prot = PROT_READ | PROT_WRITE;
    int64_t to = map_native(0, new_length, prot, 0, 0, 0);
    if (to < 0)
        return to;
    int64_t status = sys_region_unmap(0, (uint64_t)to, old_length);
    if (status == 0)
        status = sys_region_copy(0, (uint64_t)to, from, old_length, prot);
    if (status < 0) {
        sys_region_unmap(0, (uint64_t)to, new_length);
        return -LINUX_ENOMEM;
    }
    sys_region_unmap(0, from, old_length);
    return to;
}

/* Of anonymous memory that is read and written, as malloc uses it. */
int64_t linux_mremap(struct task *self)
{
    uint64_t address = task_argument(self, 0), old_length = task_argument(self, 1);
    uint64_t length = task_argument(self, 2), flags = task_argument(self, 3);
    if (!is_own(address, &old_length) || old_length == 0 || length == 0 ||
        (flags & ~(uint64_t)MREMAP_MAYMOVE) != 0)
        return -LINUX_EINVAL;
    if (length > LINUX_OWN_BEGIN)
        return -LINUX_ENOMEM;
    length = page_up(length);
    if (access_touch((const void *)address, 0) < 0)
        return -LINUX_EFAULT;
    if (length < old_length)
        sys_region_unmap(0, address + length, old_length - length);
    if (length <= old_length)
        return (int64_t)address;
    int64_t grown = map_native(address + old_length, length - old_length, PROT_READ | PROT_WRITE,
                               MAP_FIXED_NOREPLACE, 0, 0);
    if (grown >= 0)
        return (int64_t)address;
    return flags & MREMAP_MAYMOVE ? move(address, old_length, length) : -LINUX_ENOMEM;
}

/* ---- brk. ------------------------------------------------------------------------------------ */

static struct {
    struct mutex lock;
    uint64_t end; /* 0: not asked for yet */
} heap_break;

int64_t linux_brk(struct task *self)
{
    uint64_t wanted = task_argument(self, 0);
    mutex_lock(&heap_break.lock);
    if (heap_break.end == 0)
        heap_break.end = process.image_end;
    uint64_t have = page_up(heap_break.end), want = page_up(wanted);
    bool done = wanted >= process.image_end && wanted < LINUX_OWN_BEGIN;
    if (done && want > have)
        done =
            map_native(have, want - have, PROT_READ | PROT_WRITE, MAP_FIXED_NOREPLACE, 0, 0) >= 0;
    else if (done && want < have)
        done = sys_region_unmap(0, want, have - want) == 0;
    if (done)
        heap_break.end = wanted;
    int64_t end = (int64_t)heap_break.end;
    mutex_unlock(&heap_break.lock);
    return end;
}
