/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting a program: judge the image, make a process, fill its space, give it its handles, start
 * its first thread. Until the thread runs, killing the process undoes everything.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "channel.h"
#include "clock.h"
#include "elf_note.h"
#include "load_image.h"
#include "memory.h"
#include "spawn.h"
#include "stack_image.h"
#include "start.h"
#include "syscall.h"

/* The auxiliary vector: System V ABI, and Linux's additions (elf.h of any C library). */
#define AT_PHDR         3
#define AT_PHENT        4
#define AT_PHNUM        5
#define AT_PAGESZ       6
#define AT_BASE         7
#define AT_FLAGS        8
#define AT_ENTRY        9
#define AT_UID          11
#define AT_EUID         12
#define AT_GID          13
#define AT_EGID         14
#define AT_HWCAP        16
#define AT_CLKTCK       17
#define AT_SECURE       23
#define AT_SYSINFO_EHDR 33
#define AUXILIARY_MAX   24

#define PROGRAM_HEADER_SIZE 56
#define HWCAP_IMAFDC        0x112d /* one bit a letter, A is bit 0 */

/* A native program's first stack ends here, one page below what the ABI leaves to programs. */
#define STACK_TOP   (ANSER_USER_END - (1ul << 20))
#define STACK_MAX   (64ul << 20)
#define HANDLES_MAX 64

/* What spawn_program carries from step to step. */
struct spawner {
    const struct spawn *spawn;
    struct spawn_error *error;
    struct load_image program;
    struct load_image personality; /* if the program is foreign */
    bool foreign;
    uint64_t stack_top;
    anser_handle process; /* 0 until it exists */
    size_t given;         /* handles that have moved, or were closed */
    struct anser_start_handle start[HANDLES_MAX];
    uint64_t stack_pointer;
};

/* ---- Judging. -------------------------------------------------------------------------------- */

static int judge_personality(struct spawner *spawner)
{
    const struct spawn_personality *personality = spawner->spawn->personality;
    if (personality == NULL)
        return spawn_refuse(spawner->error, -ENOEXEC,
                            "no program of Anser (no note), and nothing serves foreign ones");
    spawner->personality = (struct load_image){
        .bytes = personality->image,
        .size = personality->image_size,
        .pages = personality->pages,
        .pages_offset = personality->pages_offset,
    };
    int status = load_decode(&spawner->personality, spawner->error);
    if (status == 0)
        status =
            load_judge(&spawner->personality, personality->begin, personality->end, spawner->error);
    return status;
}

static int judge_version(struct spawner *spawner, uint32_t version)
{
    if (version == ANSER_ABI_VERSION)
        return 0;
    return spawn_refuse(spawner->error, -ENOEXEC,
                        "made for version %u of the system calls, which here is %d", version,
                        ANSER_ABI_VERSION);
}

static int judge_image(struct spawner *spawner)
{
    const struct spawn *spawn = spawner->spawn;
    struct load_image *program = &spawner->program;
    *program = (struct load_image){.bytes = spawn->image,
                                   .size = spawn->image_size,
                                   .pages = spawn->pages,
                                   .pages_offset = spawn->pages_offset};
    uint32_t version = 0;
    int status = load_decode(program, spawner->error);
    if (status < 0)
        return status;
    spawner->foreign = !elf_note_version(program->bytes, program->size, &program->elf, &version);
    spawner->stack_top =
        spawner->foreign && spawn->personality ? spawn->personality->stack_top : STACK_TOP;
    /* The program first: a file for another machine should be told so, with whatever notes. */
    status = load_judge(program, ANSER_PAGE_SIZE, spawner->stack_top - STACK_MAX, spawner->error);
    if (status < 0)
        return status;
    return spawner->foreign ? judge_personality(spawner) : judge_version(spawner, version);
}

/*
 * 64 bits for AT_RANDOM, which seeds hash tables and stack canaries, from whoever has nothing
 * better than the time: good against accidents, not against somebody who guesses. Sebastiano
 * Vigna's splitmix64.
 */
static uint64_t spawn_random(void)
{
    static uint64_t state;
    state += 0x9e3779b97f4a7c15ul + clock_now();
    uint64_t mixed = state;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ul;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebul;
    return mixed ^ mixed >> 31;
}

static int judge_arguments(struct spawner *spawner)
{
    const struct spawn *spawn = spawner->spawn;
    if (spawn->handle_count > HANDLES_MAX)
        return spawn_refuse(spawner->error, -EINVAL, "%zu start handles, at most %d",
                            spawn->handle_count, HANDLES_MAX);
    if (spawn->stack_size > STACK_MAX)
        return spawn_refuse(spawner->error, -EINVAL, "stack of %zu bytes, at most %lu",
                            spawn->stack_size, STACK_MAX);
    for (size_t i = 0; i < spawn->handle_count; i++) {
        if (strlen(spawn->handles[i].name) >= ANSER_NAME_MAX)
            return spawn_refuse(spawner->error, -EINVAL,
                                "start handle name \"%s\" is longer than %d",
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
        return spawn_refuse_call(spawner->error, process, "process with a budget in pages of",
                                 spawn->budget_pages);
    spawner->process = process;
    return 0;
}

static int load_images(struct spawner *spawner)
{
    int status = load_segments(spawner->process, &spawner->program, spawner->error);
    if (status == 0 && spawner->foreign)
        status = load_segments(spawner->process, &spawner->personality, spawner->error);
    return status;
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
            return spawn_refuse(spawner->error, (int)handle, "start handle \"%s\": error %ld",
                                from->name, (long)-handle);
        memcpy(to->name, from->name, strlen(from->name) + 1);
        to->handle = handle;
        spawner->given++;
    }
    return 0;
}

static void add_auxiliary(struct stack_contents *contents, struct stack_auxiliary *to,
                          const struct stack_auxiliary *from, size_t count)
{
    memcpy(to + contents->auxiliary_count, from, count * sizeof(*from));
    contents->auxiliary_count += count;
}

/* What every program gets. */
static void describe_native(const struct spawner *spawner, struct stack_contents *contents,
                            struct stack_auxiliary *auxiliary)
{
    const struct stack_auxiliary entries[] = {
        {AT_PAGESZ, ANSER_PAGE_SIZE},
        {AT_ENTRY, spawner->program.plan.entry},
        {ANSER_AT_TIMEBASE, start_auxiliary(ANSER_AT_TIMEBASE, 0)},
    };
    add_auxiliary(contents, auxiliary, entries, sizeof(entries) / sizeof(entries[0]));
}

/* What a Linux program expects besides. There is one user, and no dynamic linker; the personality
 * puts in where its vDSO is. */
static void describe_foreign(const struct spawner *spawner, struct stack_contents *contents,
                             struct stack_auxiliary *auxiliary)
{
    uint64_t table = load_table_address(&spawner->program);
    const struct stack_auxiliary entries[] = {
        {AT_PHDR, table},
        {AT_PHENT, PROGRAM_HEADER_SIZE},
        {AT_PHNUM, table == 0 ? 0 : spawner->program.elf.table_count},
        {AT_BASE, 0},
        {AT_FLAGS, 0},
        {AT_UID, 0},
        {AT_EUID, 0},
        {AT_GID, 0},
        {AT_EGID, 0},
        {AT_SECURE, 0},
        {AT_CLKTCK, 100},
        {AT_HWCAP, HWCAP_IMAFDC},
        {AT_SYSINFO_EHDR, 0},
        {ANSER_AT_PROCESS, sys_handle_info(spawner->process).value >> 32},
        {ANSER_AT_HARTS, spawner->spawn->personality->harts},
    };
    add_auxiliary(contents, auxiliary, entries, sizeof(entries) / sizeof(entries[0]));
}

/* Copies the contents to the top of the stack, and reserves the rest of it below them. */
static int place_stack(struct spawner *spawner, const struct stack_contents *contents,
                       uint64_t room)
{
    uint64_t size = stack_image_size(contents);
    uint64_t used = memory_round_up(size);
    if (used + room > STACK_MAX)
        return spawn_refuse(spawner->error, -EINVAL, "arguments of %lu bytes are too long", size);
    char *image = memory_map(used);
    if (image == NULL)
        return spawn_refuse_call(spawner->error, -errno, "buffer for arguments of", size);
    uint64_t top = spawner->stack_top;
    spawner->stack_pointer = stack_image_write(contents, image + used - size, top);
    int64_t status = sys_region_copy(spawner->process, top - used, (uint64_t)image, used,
                                     ANSER_PROT_READ | ANSER_PROT_WRITE);
    memory_unmap(image, used);
    if (status < 0)
        return spawn_refuse_call(spawner->error, status, "copy of the arguments to", top - used);
    return load_zeroed(spawner->process, top - used - room, room,
                       ANSER_PROT_READ | ANSER_PROT_WRITE, spawner->error);
}

static int make_stack(struct spawner *spawner)
{
    static const char *const empty[] = {NULL};
    const struct spawn *spawn = spawner->spawn;
    const char *const just_name[] = {spawn->name, NULL};
    struct stack_auxiliary auxiliary[AUXILIARY_MAX];
    uint64_t random[2] = {spawn_random(), spawn_random()};
    struct stack_contents contents = {
        .arguments = spawn->arguments == NULL ? just_name : spawn->arguments,
        .environment = spawn->environment == NULL ? empty : spawn->environment,
        .auxiliary = auxiliary,
        .handles = spawner->start,
        .handle_count = spawn->handle_count,
    };
    describe_native(spawner, &contents, auxiliary);
    if (spawner->foreign) {
        describe_foreign(spawner, &contents, auxiliary);
        contents.random = spawn->random == NULL ? random : spawn->random;
        contents.path = spawn->path == NULL ? spawn->name : spawn->path;
    }
    uint64_t otherwise = spawner->foreign ? SPAWN_STACK_FOREIGN : SPAWN_STACK_DEFAULT;
    return place_stack(spawner, &contents,
                       memory_round_up(spawn->stack_size == 0 ? otherwise : spawn->stack_size));
}

static int start_thread(struct spawner *spawner)
{
    struct anser_thread_params params = {
        .entry = (spawner->foreign ? &spawner->personality : &spawner->program)->plan.entry,
        .stack = spawner->stack_pointer,
        .priority = spawner->spawn->priority,
    };
    int64_t thread = sys_thread_create(spawner->process, &params);
    if (thread < 0)
        return spawn_refuse_call(spawner->error, thread, "first thread of priority",
                                 params.priority);
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
        judge_arguments, judge_image, make_process, load_images,
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
    if (spawn->foreign != NULL)
        *spawn->foreign = spawner.foreign;
    if (spawn->heeds_signals != NULL)
        *spawn->heeds_signals =
            !spawner.foreign &&
            elf_note_signals(spawner.program.bytes, spawner.program.size, &spawner.program.elf);
    return spawner.process;
}
