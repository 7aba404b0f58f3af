/* SPDX-License-Identifier: BSD-2-Clause */
/* The first process: the segments of its file are copied out of the initrd. */
#include "kern/boot.h"
#include "kern/init_stack.h"
#include "kern/log.h"
#include "kern/pages.h"
#include "kern/process.h"
#include "kern/system.h"
#include "kern/thread.h"
#include "loader/cpio.h"
#include "loader/elf_message.h"

#define INIT_NAME     "init"
#define INIT_PRIORITY 24
#define INIT_SIZE_MAX (64ul << 20)
#define STACK_TOP     (ANSER_USER_END - 16 * PAGE_SIZE)
#define STACK_BOTTOM  (STACK_TOP - 64 * PAGE_SIZE)
#define RIGHTS_SYSTEM                                                                              \
    (ANSER_RIGHT_SYS_LOG | ANSER_RIGHT_SYS_INFO | ANSER_RIGHT_SYS_KILL | ANSER_RIGHT_SYS_POWER |   \
     ANSER_RIGHT_SYS_DEVICE | ANSER_RIGHT_SYS_DEBUG | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)
#define RIGHTS_PAGES (ANSER_RIGHT_READ | ANSER_RIGHT_EXEC | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)

static const struct elf_policy policy = {
    .machine = ELF_MACHINE_RISCV,
    .address_bits = 39,
    .entry_alignment = 2,
    .page_size = PAGE_SIZE,
    .alignment_max = 1ul << 21,
    .size_max = INIT_SIZE_MAX,
    .tls = 1,
    .allowed = &(const struct elf_range){PAGE_SIZE, STACK_BOTTOM - PAGE_SIZE, NULL},
    .allowed_count = 1,
    .forbidden =
        &(const struct elf_range){ANSER_KERNEL_SLOT, ANSER_KERNEL_SLOT_SIZE, "the kernel's slot"},
    .forbidden_count = 1,
};

/* The file, and what is to be done with it. */
static status_t find_program(struct cpio_entry *file, struct elf_plan *plan)
{
    const void *archive = direct_map(phys(boot_info.initrd.base));
    enum cpio_code code = cpio_find(archive, boot_info.initrd.size, INIT_NAME, file);
    struct elf_image image;
    struct elf_error error;
    char line[ELF_LINE_MAX];
    if (code != CPIO_OK) {
        kprintf("anser: initrd: no program '" INIT_NAME "': %s\n", cpio_describe(code));
        return -ANSER_EINVAL;
    }
    if (elf_decode(file->data, file->size, &image, &error) == ELF_OK &&
        elf_validate(&image, &policy, plan, &error) == ELF_OK)
        return 0;
    elf_describe(&error, line, sizeof(line));
    kprintf("anser: initrd: '" INIT_NAME "': %s\n", line);
    return -ANSER_EINVAL;
}

/* Zeroed memory at exactly this place. */
static status_t map(struct space *space, uint64_t first, uint64_t end)
{
    status_t status;
    do
        status = space_map(space, &first, end - first,
                           ANSER_PROT_READ | ANSER_PROT_WRITE | ANSER_MAP_NOREPLACE, NULL, 0);
    while (status == CALL_RESTART);
    return status;
}

static status_t map_segment(struct space *space, const uint8_t *file, const struct elf_copy *copy)
{
    uint64_t prot = (copy->flags & ELF_READ ? ANSER_PROT_READ : 0) |
                    (copy->flags & ELF_WRITE ? ANSER_PROT_READ | ANSER_PROT_WRITE : 0) |
                    (copy->flags & ELF_EXECUTE ? ANSER_PROT_EXEC : 0);
    uint64_t first = copy->address & ~PAGE_MASK;
    uint64_t end = copy->address + copy->memory_size;
    status_t status = map(space, first, end);
    if (status >= 0)
        status = copy_to_user(space, user(copy->address), file + copy->offset, copy->file_size);
    if (status < 0)
        return status;
    do
        status = space_protect(space, first, end - first, prot);
    while (status == CALL_RESTART);
    return status;
}

/* A range that boot reserved, as frozen pages behind the handle of that name. */
static status_t give_range(struct process *process, struct boot_range range,
                           struct anser_start_handle *out)
{
    struct object *pages;
    status_t status = pages_from_boot(process->account, range, &pages);
    if (status < 0)
        return status;
    return out->handle = handle_publish(process, pages, RIGHTS_PAGES);
}

/* Boot runs on a stack with room for a page (kern/image/rt0_riscv64.s). */
static status_t make_stack(struct process *process, uint64_t *stack)
{
    uint8_t page[PAGE_SIZE] __attribute__((aligned(16))) = {0};
    struct init_stack what = {
        .command_line = boot_info.cmdline,
        .initrd_size = boot_info.initrd.size,
        .device_tree_size = boot_info.device_tree.size,
        .timebase = timebase_hz,
        .handles = {{"system", 0}, {"initrd", 0}, {"device-tree", 0}},
    };
    object_reference(&system_object);
    status_t status = what.handles[0].handle =
        handle_publish(process, &system_object, RIGHTS_SYSTEM);
    if (status >= 0)
        status = give_range(process, boot_info.initrd, &what.handles[1]);
    if (status >= 0)
        status = give_range(process, boot_info.device_tree, &what.handles[2]);
    if (status >= 0)
        status = map(&process->space, STACK_BOTTOM, STACK_TOP);
    if (status < 0)
        return status;
    *stack = init_stack_build(page, STACK_TOP, &what);
    return copy_to_user(&process->space, user(STACK_TOP - PAGE_SIZE), page, PAGE_SIZE);
}

/* All that the root account has goes to init, but what its own account structure costs. */
static status_t start(const uint8_t *file, const struct elf_plan *plan)
{
    const struct anser_process_params params = {
        .name = INIT_NAME,
        .priority_max = ANSER_PRIORITIES - 1,
        .budget_pages = (root_account.limit - root_account.used) / PAGE_SIZE - 1,
    };
    struct anser_thread_params first = {.entry = plan->entry, .priority = INIT_PRIORITY};
    struct thread *thread = NULL;
    status_t status = process_make(&root_account, &params, &process_init);
    for (uint32_t i = 0; status >= 0 && i < plan->copy_count; i++)
        status = map_segment(&process_init->space, file, &plan->copies[i]);
    if (status >= 0)
        status = make_stack(process_init, &first.stack);
    if (status >= 0)
        status = thread_make(process_init, &first, &thread);
    if (status < 0) {
        kprintf("anser: '" INIT_NAME "' cannot be loaded: error %ld\n", -status);
        return status;
    }
    thread_start(thread);
    object_release(&thread->object);
    /* What was copied is code, too. */
    __asm__ volatile("fence.i" ::: "memory");
    return 0;
}

status_t init_load(void)
{
    struct cpio_entry file;
    struct elf_plan plan;
    status_t status = find_program(&file, &plan);
    return status < 0 ? status : start(file.data, &plan);
}
