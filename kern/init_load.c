/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first process: read-only segments of its file are mapped where the initrd has them, if that
 * is aligned as they are; everything else is copied.
 */
#include "kern/init_load.h"
#include "kern/init_stack.h"
#include "kern/log.h"
#include "kern/pages.h"
#include "kern/thread.h"
#include "kern/process.h"
#include "kern/system.h"
#include "kern/timer.h"
#include "kern/usercopy.h"
#include "loader/cpio.h"
#include "loader/elf.h"
#include "loader/elf_message.h"

#define INIT_NAME     "init"
#define INIT_PRIORITY 24
#define STACK_TOP     (ANSER_USER_END - 16 * PAGE_SIZE)
#define STACK_SIZE    (64 * PAGE_SIZE)
#define SIZE_MAX_INIT (64ul << 20)
#define RIGHTS_SYSTEM                                                                              \
    (ANSER_RIGHT_SYS_LOG | ANSER_RIGHT_SYS_INFO | ANSER_RIGHT_SYS_KILL | ANSER_RIGHT_SYS_POWER |   \
     ANSER_RIGHT_SYS_DEVICE | ANSER_RIGHT_SYS_DEBUG | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)
#define RIGHTS_PAGES (ANSER_RIGHT_READ | ANSER_RIGHT_EXEC | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)

/* The file, and what is to be done with it. */
struct program {
    const uint8_t *bytes;
    phys_t address;
    uint64_t size;
    struct elf_image image;
    struct elf_plan plan;
};

static uint64_t round_up(uint64_t value)
{
    return (value + PAGE_MASK) & ~PAGE_MASK;
}

static status_t program_find(const struct bootinfo *info, struct program *program)
{
    struct cpio_entry file;
    const void *archive = direct_map(phys(info->initrd.base));
    enum cpio_code code = cpio_find(archive, info->initrd.size, INIT_NAME, &file);
    if (code != CPIO_OK) {
        kprintf("anser: initrd: no program '" INIT_NAME "': %s\n", cpio_describe(code));
        return -ANSER_EINVAL;
    }
    program->bytes = file.data;
    program->address = phys(info->initrd.base + file.offset);
    program->size = file.size;
    return 0;
}

static status_t program_judge(struct program *program)
{
    static const struct elf_range allowed = {PAGE_SIZE, STACK_TOP - STACK_SIZE - PAGE_SIZE, NULL};
    static const struct elf_range forbidden = {ANSER_KERNEL_SLOT, ANSER_KERNEL_SLOT_SIZE,
                                               "the kernel's slot"};
    static const struct elf_policy policy = {
        .machine = ELF_MACHINE_RISCV,
        .address_bits = 39,
        .entry_alignment = 2,
        .page_size = PAGE_SIZE,
        .alignment_max = 1ul << 21,
        .size_max = SIZE_MAX_INIT,
        .tls = 1,
        .allowed = &allowed,
        .allowed_count = 1,
        .forbidden = &forbidden,
        .forbidden_count = 1,
    };
    struct elf_error error;
    char line[ELF_LINE_MAX];
    if (elf_decode(program->bytes, program->size, &program->image, &error) == ELF_OK &&
        elf_validate(&program->image, &policy, &program->plan, &error) == ELF_OK)
        return 0;
    elf_describe(&error, line, sizeof(line));
    kprintf("anser: initrd: '" INIT_NAME "': %s\n", line);
    return -ANSER_EINVAL;
}

/* space_map at exactly this place, to the end. */
static status_t map_there(struct process *process, uint64_t address, uint64_t length, uint64_t prot,
                          struct object *object)
{
    status_t status;
    do
        status =
            space_map(&process->space, &address, length, prot | ANSER_MAP_NOREPLACE, object, 0);
    while (status == CALL_RESTART);
    return status;
}

static status_t map_in_place(struct process *process, const struct program *program,
                             const struct elf_copy *copy, uint64_t prot)
{
    struct object *pages;
    uint64_t first = program->address.value + copy->offset;
    struct boot_range range = {first & ~PAGE_MASK, 0};
    range.size = round_up(first + copy->file_size) - range.base;
    status_t status = pages_from_boot(process->account, range, &pages);
    if (status < 0)
        return status;
    status = map_there(process, copy->address & ~PAGE_MASK, range.size, prot, pages);
    object_release(pages);
    return status;
}

static status_t map_copy(struct process *process, const struct program *program,
                         const struct elf_copy *copy, uint64_t prot)
{
    uint64_t first = copy->address & ~PAGE_MASK;
    uint64_t length = round_up(copy->address + copy->memory_size) - first;
    status_t status = map_there(process, first, length, ANSER_PROT_READ | ANSER_PROT_WRITE, NULL);
    if (status < 0)
        return status;
    status = copy_to_user(&process->space, user(copy->address), program->bytes + copy->offset,
                          copy->file_size);
    if (status < 0 || prot == (ANSER_PROT_READ | ANSER_PROT_WRITE))
        return status;
    do
        status = space_protect(&process->space, first, length, prot);
    while (status == CALL_RESTART);
    return status;
}

static status_t map_segment(struct process *process, const struct program *program,
                            const struct elf_copy *copy)
{
    uint64_t prot = (copy->flags & ELF_READ ? ANSER_PROT_READ : 0) |
                    (copy->flags & ELF_WRITE ? ANSER_PROT_READ | ANSER_PROT_WRITE : 0) |
                    (copy->flags & ELF_EXECUTE ? ANSER_PROT_EXEC : 0);
    uint64_t source = program->address.value + copy->offset;
    bool aligned = ((source ^ copy->address) & PAGE_MASK) == 0;
    if (aligned && !(prot & ANSER_PROT_WRITE) && copy->memory_size == copy->file_size)
        return map_in_place(process, program, copy, prot);
    return map_copy(process, program, copy, prot);
}

/* Where the loaded program has its own program headers, for AT_PHDR; 0: nowhere. */
static uint64_t headers_address(const struct program *program)
{
    uint64_t offset = program->image.table_offset;
    for (uint32_t i = 0; i < program->plan.copy_count; i++) {
        const struct elf_copy *copy = &program->plan.copies[i];
        if (offset >= copy->offset && offset - copy->offset < copy->file_size)
            return copy->address + (offset - copy->offset);
    }
    return 0;
}

static status_t give_handle(struct process *process, struct anser_start_handle *out,
                            const char *name, struct object *object, uint64_t rights)
{
    status_t handle = handle_publish(process, object, rights);
    memcpy(out->name, name, strlen(name) + 1);
    out->handle = handle;
    return handle;
}

/* A range that boot reserved, as frozen pages. */
static status_t give_range(struct process *process, struct anser_start_handle *out,
                           const char *name, struct boot_range range)
{
    struct object *pages;
    if (range.base & PAGE_MASK) {
        kprintf("anser: the %s is not page-aligned: %lx\n", name, range.base);
        return -ANSER_EINVAL;
    }
    range.size = round_up(range.size);
    status_t status = pages_from_boot(process->account, range, &pages);
    return status < 0 ? status : give_handle(process, out, name, pages, RIGHTS_PAGES);
}

static status_t give_handles(struct process *process, const struct bootinfo *info,
                             struct anser_start_handle handles[INIT_HANDLES])
{
    object_reference(&system_object);
    status_t status = give_handle(process, &handles[0], "system", &system_object, RIGHTS_SYSTEM);
    if (status >= 0)
        status = give_range(process, &handles[1], "initrd", info->initrd);
    if (status >= 0)
        status = give_range(process, &handles[2], "device-tree", info->device_tree);
    return status;
}

static status_t make_stack(struct process *process, const struct bootinfo *info,
                           const struct program *program, uint64_t *stack)
{
    struct init_stack what = {
        .command_line = info->cmdline,
        .initrd_size = info->initrd.size,
        .device_tree_size = info->device_tree.size,
        .entry = program->plan.entry,
        .headers = headers_address(program),
        .header_count = program->image.table_count,
        .timebase = timebase_hz,
    };
    phys_t page;
    status_t status = give_handles(process, info, what.handles);
    if (status >= 0)
        status = map_there(process, STACK_TOP - STACK_SIZE, STACK_SIZE,
                           ANSER_PROT_READ | ANSER_PROT_WRITE, NULL);
    if (status < 0)
        return status;
    if (!frame_alloc_zeroed(&page))
        return -ANSER_ENOMEM;
    *stack = init_stack_build(direct_map(page), STACK_TOP, &what);
    status =
        copy_to_user(&process->space, user(STACK_TOP - PAGE_SIZE), direct_map(page), PAGE_SIZE);
    frame_free(0, page);
    return status;
}

static status_t fill(struct process *process, const struct bootinfo *info,
                     const struct program *program, struct anser_thread_params *thread)
{
    for (uint32_t i = 0; i < program->plan.copy_count; i++) {
        status_t status = map_segment(process, program, &program->plan.copies[i]);
        if (status < 0)
            return status;
    }
    *thread = (struct anser_thread_params){
        .entry = program->plan.entry,
        .priority = INIT_PRIORITY,
    };
    return make_stack(process, info, program, &thread->stack);
}

/* All that the root account has goes to init, but what its own account structure costs. */
static status_t start(const struct bootinfo *info, const struct program *program)
{
    struct anser_process_params params = {.name = INIT_NAME, .priority_max = ANSER_PRIORITIES - 1};
    struct anser_thread_params thread_params;
    struct thread *thread = NULL;
    params.budget_pages = (root_account.limit - root_account.used) / PAGE_SIZE - 1;
    status_t status = process_make(&root_account, &params, &process_init);
    if (status >= 0)
        status = fill(process_init, info, program, &thread_params);
    if (status >= 0)
        status = thread_make(process_init, &thread_params, &thread);
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

status_t init_load(const struct bootinfo *info)
{
    struct program program;
    status_t status = program_find(info, &program);
    if (status >= 0)
        status = program_judge(&program);
    return status < 0 ? status : start(info, &program);
}
