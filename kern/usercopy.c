/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies between the kernel and user memory, page by page, each looked up in the page tables. */
#include "kern/space.h"
#include "kern/page_table.h"

static bool range_sane(uint64_t address, size_t size)
{
    return address <= ANSER_USER_END && size <= ANSER_USER_END - address;
}

/*
 * The kernel's view of a user address; NULL: not mapped with that right, at present. What the user
 * half of a table holds with U belongs to the process: the kernel's slot has no such leaf. Device
 * registers are no memory to copy from or to.
 */
static void *lookup(const struct space *space, uint64_t address, enum space_access access)
{
    unsigned level;
    pte_t entry = *page_table_find(space->root, address, 0, &level);
    uint64_t needed = PTE_V | PTE_U | (uint64_t)access << 1;
    if ((entry & (needed | PTE_DEVICE)) != needed)
        return NULL;
    return direct_map(phys(pte_frame(entry).value + (address & (level_size(level) - 1))));
}

/*
 * What was looked up lately, page by page, is the kernel's own TLB for user memory. It is kept by
 * the rules of the others: nothing leaves a table, or loses a right, without tlb_shootdown, which
 * forgets all of it.
 */
static void remember(struct space *space, uint64_t address, enum space_access access,
                     const void *kernel)
{
    struct view *view = &space->views[address >> PAGE_SHIFT & (SPACE_VIEWS - 1)];
    uint64_t rights = view->user == page_down(address) + 1 ? view->kernel & PAGE_MASK : 0;
    *view = (struct view){page_down(address) + 1, page_down((uint64_t)kernel) | rights | access};
}

/* The same, and the page is populated if need be. */
static status_t resolve_slowly(struct space *space, uint64_t address, enum space_access access,
                               void **out)
{
    if (address >= ANSER_USER_END)
        return -ANSER_EFAULT;
    *out = lookup(space, address, access);
    if (*out == NULL) {
        status_t status = space_fault(space, user(address), access);
        if (status != 0)
            return status;
        *out = lookup(space, address, access);
        if (*out == NULL)
            return -ANSER_EFAULT;
    }
    remember(space, address, access, *out);
    return 0;
}

static inline __attribute__((always_inline)) status_t resolve(struct space *space, uint64_t address,
                                                              enum space_access access, void **out)
{
    *out = space_view(space, user(address), 1, access);
    return *out != NULL ? 0 : resolve_slowly(space, address, access, out);
}

static inline size_t to_page_end(uint64_t address, size_t size)
{
    return min(size, PAGE_SIZE - (address & PAGE_MASK));
}

static inline bool in_one_page(uint64_t address, size_t size)
{
    return (address & PAGE_MASK) + size <= PAGE_SIZE;
}

static status_t copy(struct space *space, uint64_t address, char *buffer, size_t size,
                     enum space_access access)
{
    if (!range_sane(address, size))
        return -ANSER_EFAULT;
    while (size > 0) {
        void *there;
        size_t part = to_page_end(address, size);
        status_t status = resolve(space, address, access, &there);
        if (status != 0)
            return status;
        memcpy(access == ACCESS_READ ? buffer : there, access == ACCESS_READ ? there : buffer,
               part);
        buffer += part;
        address += part;
        size -= part;
    }
    return 0;
}

status_t copy_from_user(struct space *space, void *to, user_t from, size_t size)
{
    return copy(space, from.value, to, size, ACCESS_READ);
}

status_t copy_to_user(struct space *space, user_t to, const void *from, size_t size)
{
    return copy(space, to.value, (char *)(uintptr_t)from, size, ACCESS_WRITE);
}

status_t user_prepare(struct space *space, user_t address, size_t size, bool write)
{
    void *ignored;
    uint64_t end = address.value + size;
    if (space_view(space, address, size, write ? ACCESS_WRITE : ACCESS_READ) != NULL)
        return 0;
    if (!range_sane(address.value, size))
        return -ANSER_EFAULT;
    for (uint64_t at = address.value; at < end; at += to_page_end(at, end - at)) {
        status_t status = resolve(space, at, write ? ACCESS_WRITE : ACCESS_READ, &ignored);
        if (status != 0)
            return status;
    }
    return 0;
}

/* Populating the target may change what is behind a source in the same space: so they are looked up
 * after both are there. */
static status_t copy_pages(struct space *to_space, user_t to, struct space *from_space, user_t from,
                           size_t size)
{
    while (size > 0) {
        void *source, *target;
        size_t part = to_page_end(from.value, to_page_end(to.value, size));
        status_t status = resolve(to_space, to.value, ACCESS_WRITE, &target);
        if (status == 0)
            status = resolve(from_space, from.value, ACCESS_READ, &source);
        if (status != 0)
            return status;
        memcpy(target, source, part);
        from.value += part;
        to.value += part;
        size -= part;
    }
    return 0;
}

status_t copy_user_to_user(struct space *to_space, user_t to, struct space *from_space, user_t from,
                           size_t size, struct space **blame)
{
    *blame = from_space;
    status_t status = user_prepare(from_space, from, size, false);
    if (status != 0)
        return status;
    *blame = to_space;
    if (!in_one_page(to.value, size))
        status = user_prepare(to_space, to, size, true);
    else if (!range_sane(to.value, size))
        status = -ANSER_EFAULT;
    return status != 0 ? status : copy_pages(to_space, to, from_space, from, size);
}

status_t user_word(struct space *space, user_t address, uint32_t **out, bool write)
{
    void *word;
    if (address.value % sizeof(**out) != 0)
        return -ANSER_EFAULT;
    status_t status = resolve(space, address.value, write ? ACCESS_WRITE : ACCESS_READ, &word);
    if (status == 0)
        *out = word;
    return status;
}
