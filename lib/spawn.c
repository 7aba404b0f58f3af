/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting a program: judge the image, make a process, fill its space, give it its handles, start
 * its first thread. Until the thread runs, killing the process undoes everything.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "channel.h"
#include "loader/elf_message.h"
#include "memory.h"
#include "spawn.h"
#include "stack_image.h"
#include "start.h"
#include "syscall.h"

#define AT_PAGESZ 6
#define AT_ENTRY  9

/* The first stack ends here, one page below what the ABI leaves to programs. */
#define STACK_TOP   (ANSER_USER_END - (1ul << 20))
#define STACK_MAX   (64ul << 20)
#define PROGRAM_MAX (4ul << 30)
#define HANDLES_MAX 32

/* What spawn_program carries from step to step. */
struct spawner {
    const struct spawn *spawn;
    struct spawn_error *error;
    struct elf_plan plan;
    anser_handle process; /* 0 until it exists */
    size_t given;         /* handles that have moved, or were closed */
    struct anser_start_handle start[HANDLES_MAX];
    uint64_t stack_pointer;
};

/* Notes what went wrong, and passes the status on. */
__attribute__((format(printf, 3, 4))) static int refuse(struct spawner *spawner, int status,
                                                        const char *format, ...)
{
    if (spawner->error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(spawner->error->message, SPAWN_MESSAGE_MAX, format, arguments);
        va_end(arguments);
    }
    return status;
}

/* A call that failed: which one, on what, and the error's number. */
static int refuse_call(struct spawner *spawner, int64_t status, const char *what, uint64_t value)
{
    return refuse(spawner, (int)status, "%s %#lx: error %ld", what, (unsigned long)value,
                  (long)-status);
}

static int judge_image(struct spawner *spawner)
{
    static const struct elf_range allowed[] = {
        {ANSER_PAGE_SIZE, STACK_TOP - STACK_MAX - ANSER_PAGE_SIZE, "the program's space"}};
    static const struct elf_range forbidden[] = {
        {ANSER_KERNEL_SLOT, ANSER_KERNEL_SLOT_SIZE, "the kernel's slot"}};
    static const struct elf_policy policy = {
        .machine = ELF_MACHINE_RISCV,
        .address_bits = 39,
        .entry_alignment = 2,
        .page_size = ANSER_PAGE_SIZE,
        .alignment_max = 2ul << 20,
        .size_max = PROGRAM_MAX,
        .tls = 1,
        .allowed = allowed,
        .allowed_count = 1,
        .forbidden = forbidden,
        .forbidden_count = 1,
    };
    struct elf_image image;
    struct elf_error error;
    enum elf_code code =
        elf_decode(spawner->spawn->image, spawner->spawn->image_size, &image, &error);
    if (code == ELF_OK)
        code = elf_validate(&image, &policy, &spawner->plan, &error);
    if (code == ELF_OK)
        return 0;
    char line[ELF_LINE_MAX];
    elf_describe(&error, line, sizeof(line));
    return refuse(spawner, -EINVAL, "%s", line);
}

static int judge_arguments(struct spawner *spawner)
{
    const struct spawn *spawn = spawner->spawn;
    if (spawn->handle_count > HANDLES_MAX)
        return refuse(spawner, -EINVAL, "%zu start handles, at most %d", spawn->handle_count,
                      HANDLES_MAX);
    if (spawn->stack_size > STACK_MAX)
        return refuse(spawner, -EINVAL, "stack of %zu bytes, at most %lu", spawn->stack_size,
                      STACK_MAX);
    for (size_t i = 0; i < spawn->handle_count; i++) {
        if (strlen(spawn->handles[i].name) >= ANSER_NAME_MAX)
            return refuse(spawner, -EINVAL, "start handle name \"%s\" is longer than %d",
                          spawn->handles[i].name, ANSER_NAME_MAX - 1);
    }
    return 0;
}

static int make_process(struct spawner *spawner)
{
    const struct spawn *spawn = spawner->spawn;
    struct anser_process_params params = {
        .budget_pages = spawn->budget_pages,
        .exit = spawn->exit,
        .fault = spawn->fault,
        .priority_max = spawn->priority_max,
    };
    snprintf(params.name, sizeof(params.name), "%s", spawn->name);
    int64_t process = sys_process_create(&params);
    if (process < 0)
        return refuse_call(spawner, process, "process with a budget in pages of",
                           spawn->budget_pages);
    spawner->process = process;
    return 0;
}

/* ---- Filling the space. -----------------------------------------------------------------------
 */

static int map_zeroed(struct spawner *spawner, uint64_t address, uint64_t length, uint64_t prot)
{
    struct sys_result result =
        sys_region_map(spawner->process, address, length, prot | ANSER_MAP_NOREPLACE, 0, 0);
    return result.status < 0 ? refuse_call(spawner, result.status, "memory at", address) : 0;
}

/*
 * Copies bytes to the program's whole pages at `address`: `lead` bytes into the first page on. The
 * pages pass through the own space and leave it again.
 */
static int copy_pages(struct spawner *spawner, uint64_t address, uint64_t lead, const void *bytes,
                      uint64_t length, uint64_t prot)
{
    uint64_t size = memory_round_up(lead + length);
    char *pages = memory_map(size);
    if (pages == NULL)
        return refuse_call(spawner, -errno, "buffer for memory at", address);
    memcpy(pages + lead, bytes, length);
    int64_t status = sys_region_copy(spawner->process, address, (uint64_t)pages, size, prot);
    memory_unmap(pages, size);
    return status < 0 ? refuse_call(spawner, status, "copy to memory at", address) : 0;
}

/* Whether a segment can be seen straight in the pages object that holds the image. */
static int fits_in_place(const struct spawn *spawn, const struct elf_copy *copy)
{
    uint64_t offset = spawn->pages_offset + copy->offset;
    return spawn->pages != 0 && !(copy->flags & ELF_WRITE) &&
           copy->memory_size == copy->file_size && (offset - copy->address) % ANSER_PAGE_SIZE == 0;
}

static uint64_t protection(uint32_t flags)
{
    return (flags & ELF_READ ? ANSER_PROT_READ : 0) | (flags & ELF_WRITE ? ANSER_PROT_WRITE : 0) |
           (flags & ELF_EXECUTE ? ANSER_PROT_EXEC : 0);
}

static int map_in_place(struct spawner *spawner, const struct elf_copy *copy)
{
    const struct spawn *spawn = spawner->spawn;
    uint64_t lead = copy->address % ANSER_PAGE_SIZE;
    uint64_t address = copy->address - lead;
    struct sys_result result =
        sys_region_map(spawner->process, address, memory_round_up(lead + copy->file_size),
                       protection(copy->flags) | ANSER_MAP_NOREPLACE, spawn->pages,
                       spawn->pages_offset + copy->offset - lead);
    return result.status < 0 ? refuse_call(spawner, result.status, "segment at", address) : 0;
}

/* One segment: file bytes copied, then whole pages of zeros. */
static int load_copied(struct spawner *spawner, const struct elf_copy *copy)
{
    uint64_t lead = copy->address % ANSER_PAGE_SIZE;
    uint64_t address = copy->address - lead;
    uint64_t copied = copy->file_size == 0 ? 0 : memory_round_up(lead + copy->file_size);
    uint64_t total = memory_round_up(lead + copy->memory_size);
    uint64_t prot = protection(copy->flags);
    int status = 0;
    if (copied > 0)
        status =
            copy_pages(spawner, address, lead, (const char *)spawner->spawn->image + copy->offset,
                       copy->file_size, prot);
    if (status == 0 && total > copied)
        status = map_zeroed(spawner, address + copied, total - copied, prot);
    return status;
}

static int load_segments(struct spawner *spawner)
{
    for (uint32_t i = 0; i < spawner->plan.copy_count; i++) {
        const struct elf_copy *copy = &spawner->plan.copies[i];
        int status = fits_in_place(spawner->spawn, copy) ? map_in_place(spawner, copy)
                                                         : load_copied(spawner, copy);
        if (status < 0)
            return status;
    }
    return 0;
}

/* ---- Handles, stack, thread. --------------------------------------------------------------------
 */

static int give_handles(struct spawner *spawner)
{
    const struct spawn *spawn = spawner->spawn;
    while (spawner->given < spawn->handle_count) {
        const struct spawn_handle *from = &spawn->handles[spawner->given];
        struct anser_start_handle *to = &spawner->start[spawner->given];
        int64_t handle = sys_handle_give(spawner->process, from->handle);
        if (handle < 0)
            return refuse(spawner, (int)handle, "start handle \"%s\": error %ld", from->name,
                          (long)-handle);
        memcpy(to->name, from->name, strlen(from->name) + 1);
        to->handle = handle;
        spawner->given++;
    }
    return 0;
}

static int make_stack(struct spawner *spawner)
{
    static const char *const empty[] = {NULL};
    const struct spawn *spawn = spawner->spawn;
    const char *const just_name[] = {spawn->name, NULL};
    const struct stack_auxiliary auxiliary[] = {
        {AT_PAGESZ, ANSER_PAGE_SIZE},
        {AT_ENTRY, spawner->plan.entry},
        {ANSER_AT_TIMEBASE, start_auxiliary(ANSER_AT_TIMEBASE, 0)},
    };
    struct stack_contents contents = {
        .arguments = spawn->arguments == NULL ? just_name : spawn->arguments,
        .environment = spawn->environment == NULL ? empty : spawn->environment,
        .auxiliary = auxiliary,
        .auxiliary_count = sizeof(auxiliary) / sizeof(auxiliary[0]),
        .handles = spawner->start,
        .handle_count = spawn->handle_count,
    };
    uint64_t size = stack_image_size(&contents);
    uint64_t used = memory_round_up(size);
    uint64_t total =
        used + memory_round_up(spawn->stack_size == 0 ? SPAWN_STACK_DEFAULT : spawn->stack_size);
    if (total > STACK_MAX)
        return refuse(spawner, -EINVAL, "arguments of %lu bytes are too long", size);
    char *image = memory_map(used);
    if (image == NULL)
        return refuse_call(spawner, -errno, "buffer for arguments of", size);
    spawner->stack_pointer = stack_image_write(&contents, image + used - size, STACK_TOP);
    int64_t status = sys_region_copy(spawner->process, STACK_TOP - used, (uint64_t)image, used,
                                     ANSER_PROT_READ | ANSER_PROT_WRITE);
    memory_unmap(image, used);
    if (status < 0)
        return refuse_call(spawner, status, "copy of the arguments to", STACK_TOP - used);
    return map_zeroed(spawner, STACK_TOP - total, total - used, ANSER_PROT_READ | ANSER_PROT_WRITE);
}

static int start_thread(struct spawner *spawner)
{
    struct anser_thread_params params = {
        .entry = spawner->plan.entry,
        .stack = spawner->stack_pointer,
        .priority = spawner->spawn->priority,
    };
    int64_t thread = sys_thread_create(spawner->process, &params);
    if (thread < 0)
        return refuse_call(spawner, thread, "first thread of priority", params.priority);
    handle_close(thread);
    return 0;
}

/* Ends what was begun. What the process has got goes with it. */
static void undo(struct spawner *spawner)
{
    if (spawner->process != 0) {
        sys_process_kill(spawner->process, 0);
        handle_close(spawner->process);
    }
    for (size_t i = spawner->given; i < spawner->spawn->handle_count; i++)
        handle_close(spawner->spawn->handles[i].handle);
}

anser_handle spawn_program(const struct spawn *spawn, struct spawn_error *error)
{
    static int (*const steps[])(struct spawner *) = {
        judge_arguments, judge_image, make_process, load_segments,
        give_handles,    make_stack,  start_thread,
    };
    struct spawner spawner = {.spawn = spawn, .error = error};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        int status = steps[i](&spawner);
        if (status < 0) {
            undo(&spawner);
            return status;
        }
    }
    return spawner.process;
}
