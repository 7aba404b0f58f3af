/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The start of the process. Its first thread gets ready what all threads use, starts the program's
 * main thread, and goes on as the service thread (service.c). What the program was started with is
 * copied, for it may be asked again (/proc/self) when the program has changed its own.
 */
#include <string.h>
#include "console_text.h"
#include "descriptor.h"
#include "heap.h"
#include "layout.h"
#include "lib/channel.h"
#include "lib/log.h"
#include "lib/start.h"
#include "lib/syscall.h"
#include "linux_abi.h"
#include "loader/line.h"
#include "process.h"
#include "random.h"
#include "realtime.h"
#include "service.h"
#include "task_begin.h"
#include "trace.h"

#define START_MAX 64 /* start handles that are known by name */
#define PT_LOAD   1

struct process process;

static struct anser_start_handle start_table[START_MAX];
static size_t start_count;
static anser_handle log_handle, stderr_handle;

_Noreturn void process_start(const uint64_t *stack);

/* ---- Asking. --------------------------------------------------------------------------------- */

anser_handle process_handle(const char *name)
{
    for (size_t i = 0; i < start_count; i++)
        if (strncmp(start_table[i].name, name, ANSER_NAME_MAX) == 0)
            return start_table[i].handle;
    return 0;
}

uint64_t process_auxiliary(uint64_t type, uint64_t otherwise)
{
    const struct process_auxiliary *entry = process.auxiliary;
    for (; entry->type != LINUX_AT_NULL; entry++)
        if (entry->type == type)
            return entry->value;
    return otherwise;
}

/* For lib/names.c. */
anser_handle start_handle(const char *name)
{
    return process_handle(name);
}

/* For lib/clock.c. */
uint64_t start_auxiliary(uint64_t type, uint64_t otherwise)
{
    return process_auxiliary(type, otherwise);
}

const char *process_environment(const char *name)
{
    size_t length = strlen(name);
    const char *end = process.environment + process.environment_length;
    for (const char *at = process.environment; at < end; at += strlen(at) + 1)
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return at + length + 1;
    return NULL;
}

/* ---- Telling. -------------------------------------------------------------------------------- */

static struct line begin_line(char *text, size_t size, const char *what)
{
    struct line line = line_begin(text, size);
    line_add_foreign(&line, process.name);
    line_add(&line, ": ");
    line_add_foreign(&line, what);
    line_add(&line, "\n");
    return line;
}

void process_log(const char *text)
{
    char buffer[256];
    if (log_line(process.name, LOG_WARNING, text) == 0)
        return;
    struct line line = begin_line(buffer, sizeof(buffer), text);
    if (log_handle != 0)
        sys_log_write(log_handle, buffer, line.length);
    else if (stderr_handle != 0)
        console_text_send(stderr_handle, buffer, line.length);
}

_Noreturn void process_end(const char *text, uint64_t status)
{
    static struct mutex first; /* who comes second waits for the end */
    char buffer[256];
    struct line line = begin_line(buffer, sizeof(buffer), text);
    mutex_lock(&first);
    if (stderr_handle != 0)
        console_text_send(stderr_handle, buffer, line.length);
    else
        process_log(text);
    sys_process_exit(status);
}

_Noreturn void process_broken(const struct anser_frame *frame)
{
    char text[128];
    struct line line = line_begin(text, sizeof(text));
    line_add(&line, "fault in the Linux personality, pc ");
    line_add_hex(&line, frame->pc);
    line_add(&line, ", address ");
    line_add_hex(&line, frame->value);
    process_end(text, 128 + LINUX_SIGSEGV);
}

_Noreturn void process_out_of_memory(void)
{
    process_end("out of memory: its limit is used up", 128 + LINUX_SIGKILL);
}

/* ---- Copies of what the program was started with. -------------------------------------------- */

static void *copy_or_die(const void *from, size_t length)
{
    void *copy = heap_alloc(length + 1);
    if (copy == NULL) {
        process_end("no memory to start with", 127);
    }
    memcpy(copy, from, length);
    return copy;
}

/* Strings lie one after the other, as spawn_program puts them. */
static const char *copy_strings(const uint64_t *pointers, size_t count, size_t *length)
{
    *length = 0;
    if (count == 0)
        return copy_or_die("", 0);
    const char *last = (const char *)pointers[count - 1];
    *length = (size_t)(last + strlen(last) + 1 - (const char *)pointers[0]);
    return copy_or_die((const char *)pointers[0], *length);
}

static size_t count_pointers(const uint64_t *pointers)
{
    size_t count = 0;
    while (pointers[count] != 0)
        count++;
    return count;
}

static void read_stack(const uint64_t *stack)
{
    const uint64_t *environment = stack + 1 + stack[0] + 1;
    size_t environment_count = count_pointers(environment);
    struct process_auxiliary *auxiliary =
        (struct process_auxiliary *)(environment + environment_count + 1);
    size_t count = 0;
    for (; auxiliary[count].type != LINUX_AT_NULL; count++)
        if (auxiliary[count].type == LINUX_AT_SYSINFO_EHDR)
            auxiliary[count].value = LINUX_IMAGE;
    process.auxiliary_length = (count + 1) * sizeof(*auxiliary);
    process.auxiliary = copy_or_die(auxiliary, process.auxiliary_length);
    process.arguments = copy_strings(stack + 1, stack[0], &process.arguments_length);
    process.environment = copy_strings(environment, environment_count, &process.environment_length);
}

static void read_handles(void)
{
    static const struct anser_start none;
    const struct anser_start *start =
        (const struct anser_start *)process_auxiliary(ANSER_AT_START, (uint64_t)&none);
    start_count = start->count < START_MAX ? start->count : START_MAX;
    memcpy(start_table, start->handles, start_count * sizeof(start_table[0]));
    stderr_handle = process_handle("stderr");
    log_handle = process_handle("log");
}

/* Elf64_Phdr. */
struct program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
};

static uint64_t find_image_end(void)
{
    const struct program_header *header =
        (const struct program_header *)process_auxiliary(LINUX_AT_PHDR, 0);
    uint64_t count = header == NULL ? 0 : process_auxiliary(LINUX_AT_PHNUM, 0), end = 0;
    for (uint64_t i = 0; i < count; i++)
        if (header[i].type == PT_LOAD && header[i].address + header[i].memory_size > end)
            end = header[i].address + header[i].memory_size;
    return (end + ANSER_PAGE_SIZE - 1) & ~(uint64_t)(ANSER_PAGE_SIZE - 1);
}

static void read_names(void)
{
    const char *path = (const char *)process_auxiliary(LINUX_AT_EXECFN, 0);
    if (path == NULL)
        path = process.arguments;
    process.executable = copy_or_die(path, strlen(path));
    const char *slash = strrchr(process.executable, '/');
    process.name = slash != NULL ? slash + 1 : process.executable;
}

/* ---- The rest of the start. ------------------------------------------------------------------ */

/* There is no call that only asks for the own priority, so it is set and set back. */
static uint64_t own_priority(void)
{
    int64_t priority = sys_thread_priority(0, 0);
    if (priority > 0)
        sys_thread_priority(0, (uint64_t)priority);
    return priority < 0 ? 0 : (uint64_t)priority;
}

static void start_main(const uint64_t *stack)
{
    struct task_begin begin = {
        .id = process.id,
        .x = {[2] = (uint64_t)stack},
        .pc = process_auxiliary(LINUX_AT_ENTRY, 0),
    };
    int64_t id = task_create(&begin);
    if (id < 0) {
        process_end("no memory for its first thread", 127);
    }
    process.id = (uint32_t)id;
}

_Noreturn void process_start(const uint64_t *stack)
{
    process.name = "?";
    read_stack(stack);
    read_names();
    read_handles();
    process.ticks_a_second = clock_hertz();
    process.started = clock_now();
    process.id = (uint32_t)process_auxiliary(ANSER_AT_PROCESS, 0);
    process.parent = process.id == 1 ? 0 : 1;
    process.harts = (uint32_t)process_auxiliary(ANSER_AT_HARTS, 1);
    process.priority = own_priority();
    process.image_end = find_image_end();
    realtime_init();
    random_init((const void *)process_auxiliary(LINUX_AT_RANDOM, 0));
    trace_init();
    service_init();
    descriptor_open_standard();
    start_main(stack);
    service_run();
}
