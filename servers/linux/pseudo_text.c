/* SPDX-License-Identifier: BSD-2-Clause */
/* What the generated files of /proc and /sys hold (proc(5)), and where the links lead. */
#include <string.h>
#include "heap.h"
#include "layout.h"
#include "lib/clock.h"
#include "lib/syscall.h"
#include "loader/line.h"
#include "path.h"
#include "path_abi.h"
#include "process.h"
#include "pseudo_table.h"
#include "user.h"

#define STACK_SIZE (8ul << 20)
#define TEXT_ROOM  256

static bool make_room(struct text *text, size_t more)
{
    if (text->failed || more <= text->room - text->length)
        return !text->failed;
    size_t room = (text->length + more) * 2 + TEXT_ROOM;
    char *bytes = heap_alloc(room);
    text->failed = bytes == NULL;
    if (bytes == NULL)
        return false;
    if (text->length > 0)
        memcpy(bytes, text->bytes, text->length);
    heap_free(text->bytes);
    text->bytes = bytes;
    text->room = room;
    return true;
}

void text_add_bytes(struct text *text, const void *bytes, size_t length)
{
    if (length == 0 || !make_room(text, length))
        return;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_add_decimal(struct text *text, uint64_t number)
{
    char digits[32];
    struct line line = line_begin(digits, sizeof(digits));
    line_add_decimal(&line, number);
    text_add(text, digits);
}

/* Without "0x" before it. */
void text_add_hex(struct text *text, uint64_t number)
{
    char digits[16];
    unsigned count = 0;
    do {
        digits[sizeof(digits) - ++count] = "0123456789abcdef"[number % 16];
        number /= 16;
    } while (number != 0);
    text_add_bytes(text, digits + sizeof(digits) - count, count);
}

static void add_field(struct text *text, const char *name, uint64_t value)
{
    text_add(text, name);
    text_add(text, ":\t");
    text_add_decimal(text, value);
    text_add(text, "\n");
}

/* ---- What the process was started with. ------------------------------------------------------ */

void text_auxiliary(struct text *text)
{
    text_add_bytes(text, process.auxiliary, process.auxiliary_length);
}

void text_command_line(struct text *text)
{
    text_add_bytes(text, process.arguments, process.arguments_length);
}

void text_environment(struct text *text)
{
    text_add_bytes(text, process.environment, process.environment_length);
}

void text_command(struct text *text)
{
    text_add(text, process.name);
    text_add(text, "\n");
}

void text_status(struct text *text)
{
    text_add(text, "Name:\t");
    text_add(text, process.name);
    text_add(text, "\nState:\tR (running)\n");
    add_field(text, "Tgid", process.id);
    add_field(text, "Pid", process.id);
    add_field(text, "PPid", process.parent);
    text_add(text, "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n");
    add_field(text, "Threads", process_tasks.count);
}

/* ---- maps: the program's segments and its first stack; what was mapped later is not listed. ---
 */

struct program_header {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t address;
    uint64_t physical;
    uint64_t file_size;
    uint64_t memory_size;
    uint64_t align;
};

#define SEGMENT_LOAD 1
#define PAGE         4096ul

static void add_mapping(struct text *text, uint64_t begin, uint64_t end, const char *rights,
                        uint64_t offset, const char *name)
{
    text_add_hex(text, begin);
    text_add(text, "-");
    text_add_hex(text, end);
    text_add(text, " ");
    text_add(text, rights);
    text_add(text, "p ");
    text_add_hex(text, offset);
    text_add(text, " 00:00 0 ");
    text_add(text, name);
    text_add(text, "\n");
}

static void add_segment(struct text *text, const struct program_header *header)
{
    char rights[4] = "---";
    if (header->flags & 4)
        rights[0] = 'r';
    if (header->flags & 2)
        rights[1] = 'w';
    if (header->flags & 1)
        rights[2] = 'x';
    uint64_t begin = header->address & ~(PAGE - 1);
    uint64_t end = (header->address + header->memory_size + PAGE - 1) & ~(PAGE - 1);
    add_mapping(text, begin, end, rights, header->offset & ~(PAGE - 1), process.executable);
}

void text_maps(struct text *text)
{
    uint64_t at = process_auxiliary(LINUX_AT_PHDR, 0);
    uint64_t count = process_auxiliary(LINUX_AT_PHNUM, 0);
    struct program_header header;
    for (uint64_t i = 0; i < count && i < 64; i++) {
        if (user_read(&header, at + i * sizeof(header), sizeof(header)) < 0)
            break;
        if (header.type == SEGMENT_LOAD && header.memory_size > 0)
            add_segment(text, &header);
    }
    add_mapping(text, LINUX_STACK_TOP - STACK_SIZE, LINUX_STACK_TOP, "rw-", 0, "[stack]");
}

/* ---- The machine. ---------------------------------------------------------------------------- */

void text_processors(struct text *text)
{
    for (uint32_t i = 0; i < process.harts; i++) {
        add_field(text, "processor\t", i);
        text_add(text, "isa\t\t: rv64imafdc\nmmu\t\t: sv39\n\n");
    }
}

void text_processors_online(struct text *text)
{
    text_add(text, "0");
    if (process.harts > 1) {
        text_add(text, "-");
        text_add_decimal(text, process.harts - 1);
    }
    text_add(text, "\n");
}

static void add_seconds(struct text *text, uint64_t ticks)
{
    uint64_t hundredths = ticks * 100 / process.ticks_a_second;
    char digits[4] = {'.', (char)('0' + hundredths / 10 % 10), (char)('0' + hundredths % 10)};
    text_add_decimal(text, hundredths / 100);
    text_add(text, digits);
}

void text_uptime(struct text *text)
{
    add_seconds(text, clock_now());
    text_add(text, " ");
    add_seconds(text, sys_system_info(0, ANSER_INFO_IDLE, 0, NULL, 0).value);
    text_add(text, "\n");
}

/* Of all processors together, in hundredths of a second: user (here: whatever is not idle), nice,
 * system, idle, and what is not known. */
void text_processor_times(struct text *text)
{
    struct sys_result idle = sys_system_info(0, ANSER_INFO_IDLE, 0, NULL, 0);
    uint64_t all = clock_now() * (uint64_t)idle.status;
    text_add(text, "cpu  ");
    text_add_decimal(text, (all - idle.value) * 100 / process.ticks_a_second);
    text_add(text, " 0 0 ");
    text_add_decimal(text, idle.value * 100 / process.ticks_a_second);
    text_add(text, " 0 0 0 0 0 0\n");
}

void text_version(struct text *text)
{
    text_add(text, "Linux version " LINUX_RELEASE " (Anser's Linux personality)\n");
}

void text_system_name(struct text *text)
{
    text_add(text, "Linux\n");
}

void text_release(struct text *text)
{
    text_add(text, LINUX_RELEASE "\n");
}

void text_host_name(struct text *text)
{
    text_add(text, LINUX_HOST_NAME "\n");
}

/* The TCP/IP server cuts a longer queue of a listener to this. */
void text_backlog(struct text *text)
{
    text_add(text, "255\n");
}

/* ---- Links. ---------------------------------------------------------------------------------- */

void text_executable(struct text *text)
{
    if (process.executable[0] != '/')
        text_add(text, "/");
    text_add(text, process.executable);
}

void text_working_directory(struct text *text)
{
    char *path = path_working_directory();
    if (path != NULL)
        text_add(text, path);
    text->failed |= path == NULL;
    heap_free(path);
}

void text_root(struct text *text)
{
    text_add(text, "/");
}

void text_descriptors(struct text *text)
{
    text_add(text, "/proc/self/fd");
}

void text_standard_input(struct text *text)
{
    text_add(text, "/proc/self/fd/0");
}

void text_standard_output(struct text *text)
{
    text_add(text, "/proc/self/fd/1");
}

void text_standard_error(struct text *text)
{
    text_add(text, "/proc/self/fd/2");
}
