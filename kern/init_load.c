/* SPDX-License-Identifier: BSD-2-Clause */
/* The first process: its segments are copied out of the initrd, as the loader's plan says. */
#include "kern/boot.h"
#include "kern/log.h"
#include "kern/pages.h"
#include "kern/process.h"
#include "kern/system.h"
#include "kern/thread.h"

#define INIT_NAME     "init"
#define INIT_PRIORITY 24
#define RIGHTS_SYSTEM                                                                              \
    (ANSER_RIGHT_SYS_LOG | ANSER_RIGHT_SYS_INFO | ANSER_RIGHT_SYS_KILL | ANSER_RIGHT_SYS_POWER |   \
     ANSER_RIGHT_SYS_DEVICE | ANSER_RIGHT_SYS_DEBUG | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)
#define RIGHTS_PAGES (ANSER_RIGHT_READ | ANSER_RIGHT_EXEC | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)

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

static status_t map_segment(struct space *space, const struct boot_program_segment *segment)
{
    const uint8_t *bytes = direct_map(phys(boot_info.initrd.base + segment->offset));
    uint64_t first = segment->address & ~PAGE_MASK;
    uint64_t end = segment->address + segment->memory_size;
    status_t status = map(space, first, end);
    if (status >= 0)
        status = copy_to_user(space, user(segment->address), bytes, segment->file_size);
    if (status < 0)
        return status;
    do
        status = space_protect(space, first, end - first, segment->prot);
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

/* The loader has built the topmost page; what is missing in it are the handles, at its end. */
static status_t make_stack(struct process *process)
{
    uint8_t *page = direct_map(phys(boot_info.init.stack_page));
    struct anser_start_handle *handles =
        (struct anser_start_handle *)(page + PAGE_SIZE) - BOOTINFO_INIT_HANDLES;
    object_reference(&system_object);
    status_t status = handles[0].handle = handle_publish(process, &system_object, RIGHTS_SYSTEM);
    if (status >= 0)
        status = give_range(process, boot_info.initrd, &handles[1]);
    if (status >= 0)
        status = give_range(process, boot_info.device_tree, &handles[2]);
    if (status >= 0)
        status = map(&process->space, BOOTINFO_INIT_END, BOOTINFO_INIT_STACK_TOP);
    if (status < 0)
        return status;
    return copy_to_user(&process->space, user(BOOTINFO_INIT_STACK_TOP - PAGE_SIZE), page,
                        PAGE_SIZE);
}

/* All that the root account has goes to init, but what its own account structure costs. */
status_t init_load(void)
{
    const struct boot_program *program = &boot_info.init;
    const struct anser_process_params params = {
        .name = INIT_NAME,
        .priority_max = ANSER_PRIORITIES - 1,
        .budget_pages = (root_account.limit - root_account.used) / PAGE_SIZE - 1,
    };
    struct anser_thread_params first = {
        .entry = program->entry, .stack = program->stack, .priority = INIT_PRIORITY};
    struct thread *thread = NULL;
    if (program->segment_count == 0)
        return -ANSER_EINVAL; /* the loader has said why */
    status_t status = process_make(&root_account, &params, &process_init);
    for (uint64_t i = 0; status >= 0 && i < program->segment_count; i++)
        status = map_segment(&process_init->space, &program->segments[i]);
    if (status >= 0)
        status = make_stack(process_init);
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
