/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting programs from ELF images made here: what the program gets, each refusal, and that
 * nothing is left behind.
 */
/* timeout: 90 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "memory.h"
#include "self_image.h"
#include "spawn.h"
#include "start.h"
#include "syscall.h"
#include "tap.h"

#define TEXT   0x10000ul
#define DATA   0x13000ul
#define BUDGET 64

#define PERSONALITY 0x3e00000000ul /* where the image that serves a foreign program goes */

/* ---- A program, as small as can be.
 * --------------------------------------------------------------- */

/*
 * Exits with argc + the data word + a bss word that lies two pages up + 100 times the number of
 * start handles, having sent a message on the first one if there is one. Position does not matter.
 */
void child_begin(void);
void child_end(void);
__asm__(".section .text.child, \"ax\", @progbits\n"
        ".globl child_begin, child_end\n"
        "child_begin:\n"
        "    ld s0, 0(sp)\n" /* argc */
        "    addi s1, sp, 8\n"
        "1:  ld t0, 0(s1)\n" /* over argv and envp */
        "    addi s1, s1, 8\n"
        "    bnez t0, 1b\n"
        "2:  ld t0, 0(s1)\n"
        "    addi s1, s1, 8\n"
        "    bnez t0, 2b\n"
        "    li t1, 0x414e0001\n" /* ANSER_AT_START */
        "3:  ld t0, 0(s1)\n"
        "    ld s2, 8(s1)\n"
        "    addi s1, s1, 16\n"
        "    bne t0, t1, 3b\n"
        "    ld s3, 0(s2)\n" /* number of handles */
        "    li t0, 0x13000\n"
        "    lw t1, 0x10(t0)\n" /* in data */
        "    add s0, s0, t1\n"
        "    li t0, 0x15000\n"
        "    lw t1, 0(t0)\n" /* in bss */
        "    add s0, s0, t1\n"
        "    sw s0, 0(t0)\n" /* which can be written */
        "    lw s0, 0(t0)\n"
        "    li t0, 100\n"
        "    mul t0, t0, s3\n"
        "    add s11, s0, t0\n"
        "    beqz s3, 4f\n"
        "    ld a0, 40(s2)\n" /* first handle: after count and name */
        "    li a1, 8\n"
        "    li a2, 0x1234\n"
        "    li a7, -19\n" /* send */
        "    ecall\n"
        "4:  mv a0, s11\n"
        "    li a7, -66\n" /* process_exit */
        "    ecall\n"
        "child_end:\n"
        ".previous\n");

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_program_header {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

/* The note of Anser's own programs, see lib/elf_note.h. */
struct note {
    uint32_t name_size, size, type;
    char name[8];
    uint32_t version;
};

/* The file: headers and the note, text on the second page, data on the third. */
struct file {
    struct elf_header header;
    struct elf_program_header segments[3];
    struct note note;
    uint8_t padding[4096 - sizeof(struct elf_header) - 3 * sizeof(struct elf_program_header) -
                    sizeof(struct note)];
    uint8_t text[4096];
    uint8_t data[0x20];
};

static struct file *make_file(void)
{
    struct file *file = memory_map(sizeof(*file));
    size_t text = (size_t)((char *)child_end - (char *)child_begin);
    file->header = (struct elf_header){
        .ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
        .type = 2,
        .machine = 243,
        .version = 1,
        .entry = TEXT,
        .phoff = sizeof(struct elf_header),
        .ehsize = sizeof(struct elf_header),
        .phentsize = sizeof(struct elf_program_header),
        .phnum = 3,
    };
    file->segments[0] = (struct elf_program_header){1, 5, 4096, TEXT, TEXT, text, text, 4096};
    file->segments[1] =
        (struct elf_program_header){1, 6, 8192, DATA, DATA, sizeof(file->data), 0x3000, 4096};
    uint64_t note = offsetof(struct file, note);
    file->segments[2] =
        (struct elf_program_header){4, 4, note, 0, 0, sizeof(file->note), sizeof(file->note), 4};
    file->note = (struct note){6, 4, 1, "Anser", ANSER_ABI_VERSION};
    memcpy(file->text, (const void *)child_begin, text);
    file->data[0x10] = 40;
    return file;
}

/* ---- Running it.
 * ------------------------------------------------------------------------------------ */

static struct channel exits;
static anser_handle exit_send;

static struct spawn defaults(const struct file *file)
{
    return (struct spawn){
        .name = "child",
        .image = file,
        .image_size = sizeof(*file),
        .budget_pages = BUDGET,
        .exit = exit_send,
    };
}

/* Waits for the exit event. Returns the status, or -1 and why on the console. */
static int64_t exit_status(void)
{
    uint64_t words[8] = {0};
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    int status = channel_receive(exits.receive, &in, 0, clock_after(10000));
    if (status == 0 && words[0] == ANSER_EVENT_EXIT && words[2] == ANSER_EXIT_NORMAL)
        return (int64_t)words[1];
    printf("# receive %d, kind %lu, how %lu, scause %#lx, stval %#lx, pc %#lx\n", status,
           (unsigned long)words[0], (unsigned long)words[2], (unsigned long)words[3],
           (unsigned long)words[4], (unsigned long)words[5]);
    return -1;
}

static void test_plain(const struct file *file)
{
    struct spawn_error error = {""};
    struct spawn spawn = defaults(file);
    anser_handle process = spawn_program(&spawn, &error);
    TEST(process > 0, "a program starts %s", error.message);
    TEST(exit_status() == 41, "data is copied, bss is zero, argc is 1");
    TEST(sys_process_kill(process, 0) == -ESRCH, "it has ended");
    handle_close(process);
}

static void test_arguments_and_handles(const struct file *file)
{
    static const char *const arguments[] = {"child", "two", "three", NULL};
    static const char *const environment[] = {"A=1", "B=2", NULL};
    struct channel mail;
    struct spawn_error error = {""};
    uint64_t word = 0;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    channel_create(&mail, 8, 1);
    struct spawn_handle handle = {"mail", mail.send};
    struct spawn spawn = defaults(file);
    spawn.arguments = arguments;
    spawn.environment = environment;
    spawn.handles = &handle;
    spawn.handle_count = 1;
    anser_handle process = spawn_program(&spawn, &error);
    TEST(process > 0, "with arguments, environment and a handle %s", error.message);
    TEST(exit_status() == 143, "it sees 3 arguments and 1 handle");
    TEST(channel_receive(mail.receive, &in, 0, 0) == 0 && word == 0x1234, "it has sent on it");
    TEST(sys_handle_info(mail.send).status == -EBADF, "the handle has moved");
    TEST(channel_receive(mail.receive, &in, 0, 0) == 0 && in.flags & ANSER_INFO_CLOSED,
         "and died with the program, which closed the channel");
    handle_close(mail.receive);
    handle_close(process);
}

/* Text straight from frozen pages: the file is in them at a page of its own. */
static void test_in_place(const struct file *file)
{
    struct spawn_error error = {""};
    anser_handle pages = memory_create_pages(sizeof(*file) + 4096);
    char *view =
        memory_map_object(pages, 0, sizeof(*file) + 4096, ANSER_PROT_READ | ANSER_PROT_WRITE);
    memcpy(view + 4096, file, sizeof(*file));
    memory_unmap(view, sizeof(*file) + 4096);
    TEST(sys_pages_freeze(pages) == 0, "pages are frozen");
    view = memory_map_object(pages, 0, sizeof(*file) + 4096, ANSER_PROT_READ);
    struct spawn spawn = defaults((const struct file *)(view + 4096));
    spawn.pages = pages;
    spawn.pages_offset = 4096;
    anser_handle process = spawn_program(&spawn, &error);
    TEST(process > 0, "a program is mapped in place %s", error.message);
    TEST(exit_status() == 41, "and runs");
    handle_close(process);
    memory_unmap(view, sizeof(*file) + 4096);
    handle_close(pages);
}

/* ---- Refusals.
 * ---------------------------------------------------------------------------------------- */

/* Spawns what must be refused, with a handle that must be closed by that. */
static void refused(const char *what, struct spawn *spawn, int status, const char *word)
{
    struct spawn_error error = {""};
    struct channel_in in = {.capacity = 0};
    struct channel given;
    channel_create(&given, 8, 1);
    struct spawn_handle handle = {"given", given.send};
    if (spawn->handle_count == 0) {
        spawn->handles = &handle;
        spawn->handle_count = 1;
    }
    anser_handle process = spawn_program(spawn, &error);
    TEST(process == status && strstr(error.message, word) != NULL, "%s: %s (%ld)", what,
         error.message, (long)process);
    if (spawn->handles == &handle)
        TEST(channel_receive(given.receive, &in, 0, clock_after(1000)) == 0 &&
                 in.flags & ANSER_INFO_CLOSED,
             "its handle is closed");
    else
        handle_close(given.send);
    handle_close(given.receive);
}

static void test_refusals(struct file *file)
{
    struct spawn spawn = defaults(file);
    spawn.image_size = 10;
    refused("a short image", &spawn, -ENOEXEC, "file size");
    spawn = defaults(file);
    file->header.machine = 62;
    refused("another machine", &spawn, -ENOEXEC, "e_machine");
    file->header.machine = 243;
    spawn = defaults(file);
    file->segments[1].vaddr = ANSER_KERNEL_SLOT;
    refused("in the kernel's slot", &spawn, -ENOEXEC, "kernel");
    file->segments[1].vaddr = DATA;
    spawn = defaults(file);
    file->segments[1].flags = 7;
    refused("writable and executable", &spawn, -ENOEXEC, "p_flags");
    file->segments[1].flags = 6;
    spawn = defaults(file);
    file->segments[2].type = 3;
    refused("an interpreter", &spawn, -ENOEXEC, "interpreter");
    file->segments[2].type = 4;
    spawn = defaults(file);
    file->note.version++;
    refused("a later version of the calls", &spawn, -ENOEXEC, "version");
    file->note.version--;

    static const struct spawn_handle long_name = {"a name that is far too long for a handle", 0};
    spawn = defaults(file);
    spawn.handles = &long_name;
    spawn.handle_count = 1;
    refused("a handle's name", &spawn, -EINVAL, "longer than 31");
    static const struct spawn_handle no_handle = {"nothing", 0x7fffffe0};
    spawn = defaults(file);
    spawn.exit = 0;
    spawn.handles = &no_handle;
    spawn.handle_count = 1;
    refused("a handle that is none", &spawn, -EBADF, "nothing");
    spawn = defaults(file);
    spawn.stack_size = 1ul << 40;
    refused("a terabyte of stack", &spawn, -EINVAL, "stack");
    spawn = defaults(file);
    spawn.budget_pages = 1ul << 40;
    refused("a budget that is not there", &spawn, -ENOMEM, "budget");
    spawn = defaults(file);
    spawn.exit = 0;
    spawn.priority = 1;
    refused("a priority above the ceiling", &spawn, -EINVAL, "priority");
    spawn = defaults(file);
    spawn.exit = 0;
    spawn.budget_pages = 7;
    refused("a budget that does not last", &spawn, -ENOMEM, "error 12");
}

/*
 * A foreign program and what serves it: both images are the child, but only the personality's text
 * runs, and it reads the program's data.
 */
static void test_foreign(struct file *program)
{
    struct spawn_error error = {""};
    struct file *personality = make_file();
    struct spawn_personality serving = {.image = personality,
                                        .image_size = sizeof(*personality),
                                        .begin = PERSONALITY,
                                        .end = PERSONALITY + 0x100000,
                                        .stack_top = PERSONALITY - 0x10000};
    struct spawn spawn = defaults(program);
    program->note.name[0] = 'B';
    refused("a foreign program alone", &spawn, -ENOEXEC, "note");
    spawn = defaults(program);
    spawn.personality = &serving;
    refused("a personality out of its place", &spawn, -ENOEXEC, "p_vaddr");
    personality->header.entry += PERSONALITY - TEXT;
    personality->segments[0].vaddr += PERSONALITY - TEXT;
    personality->segments[1].vaddr += PERSONALITY - TEXT;
    memset(program->text, 0, 4); /* an illegal instruction: nobody may begin here */
    spawn = defaults(program);
    spawn.personality = &serving;
    anser_handle process = spawn_program(&spawn, &error);
    TEST(process > 0, "a foreign program starts %s", error.message);
    TEST(exit_status() == 41, "at its personality's entry, with both images and its stack");
    handle_close(process);
    memcpy(program->text, (const void *)child_begin, 4);
    program->note.name[0] = 'A';
    spawn = defaults(program);
    spawn.personality = &serving;
    process = spawn_program(&spawn, &error);
    TEST(process > 0 && exit_status() == 41, "who has the note is not foreign");
    handle_close(process);
    memory_unmap(personality, sizeof(*personality));
}

/* A process that could not be started still says good-bye to whoever asked for that. */
static void test_exit_event_of_failure(const struct file *file)
{
    uint64_t words[8] = {0};
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    struct spawn spawn = defaults(file);
    spawn.priority = 1;
    TEST(spawn_program(&spawn, NULL) == -EINVAL, "refused, without asking for words");
    TEST(channel_receive(exits.receive, &in, 0, clock_after(10000)) == 0 &&
             words[0] == ANSER_EVENT_EXIT && words[2] == ANSER_EXIT_KILLED,
         "the exit event says that it was killed");
}

static void test_many(const struct file *file)
{
    int good = 0;
    for (int i = 0; i < 50; i++) {
        struct spawn spawn = defaults(file);
        anser_handle process = spawn_program(&spawn, NULL);
        good += process > 0 && exit_status() == 41;
        handle_close(process);
    }
    TEST(good == 50, "%d programs started and ended, one after the other", good);
}

/* ---- Nothing is left.
 * --------------------------------------------------------------------------------- */

/* Handles and free pages of the whole system, when what has died is gone. */
static struct anser_system_info look(void)
{
    struct anser_system_info info = {0};
    clock_sleep(50);
    sys_system_info(start_handle("system"), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    return info;
}

static void test_leaks(struct file *file)
{
    test_many(file);
    struct anser_system_info before = look();
    TEST(before.frames_free > 0 && before.handles > 0, "%lu pages free, %lu handles",
         (unsigned long)before.frames_free, (unsigned long)before.handles);
    test_many(file);
    test_in_place(file);
    test_foreign(file);
    test_refusals(file);
    test_exit_event_of_failure(file);
    struct anser_system_info after = look();
    TEST(after.handles == before.handles, "as many handles as before: %lu",
         (unsigned long)after.handles);
    TEST(after.frames_free == before.frames_free, "as many free pages as before: %lu",
         (unsigned long)after.frames_free);
    TEST(after.processes == before.processes && after.threads == before.threads,
         "as many processes and threads");
}

#define FAILURES 40

enum { STARTED, REFUSED, REFUSED_ODDLY, FAULTED };

/* In a process of its own, since a page of its own may be what cannot be had: starts a program
 * while the n-th allocation of the kernel from now fails. */
static int start_failing(uint64_t n)
{
    anser_handle system = start_handle("system");
    struct file *file = make_file();
    struct spawn spawn = defaults(file);
    sys_system_debug(system, ANSER_DEBUG_FAIL_ALLOC, n);
    anser_handle process = spawn_program(&spawn, NULL);
    sys_system_debug(system, ANSER_DEBUG_FAIL_ALLOC, 0);
    if (process > 0)
        return STARTED;
    return process == -ENOMEM ? REFUSED : REFUSED_ODDLY;
}

/* Runs start_failing(n) in a process. Returns what it says, or FAULTED. */
static uint64_t run_failing(const struct self_image *image, size_t size, unsigned n)
{
    char role[16];
    uint64_t words[8] = {0};
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    struct spawn spawn = {.exit = exit_send, .budget_pages = 400};
    struct spawn_handle system = {"system", handle_duplicate(start_handle("system"))};
    snprintf(role, sizeof(role), "%u", n);
    anser_handle process = self_start(&spawn, image, size, role, &system, 1);
    if (process < 0 || channel_receive(exits.receive, &in, 0, clock_after(10000)) < 0)
        return REFUSED_ODDLY;
    handle_close(process);
    return words[2] == ANSER_EXIT_FAULT ? FAULTED : words[1];
}

/* Whichever allocation of the kernel fails: the program starts or does not, and nothing is left. */
static void test_failing_allocations(const struct self_image *image, size_t size)
{
    unsigned ends[4] = {0};
    run_failing(image, size, FAILURES);
    struct anser_system_info before = look();
    for (unsigned n = 1; n <= FAILURES; n++)
        ends[run_failing(image, size, n) & 3]++;
    TEST(ends[STARTED] > 0 && ends[REFUSED] > 5 && ends[REFUSED_ODDLY] == 0,
         "the n-th allocation fails: %u start, %u are refused, %u for a wrong reason, %u fault",
         ends[STARTED], ends[REFUSED], ends[REFUSED_ODDLY], ends[FAULTED]);
    struct anser_system_info after = look();
    TEST(after.handles == before.handles && after.frames_free == before.frames_free &&
             after.processes == before.processes,
         "and nothing is left: %ld handles, %ld pages, %ld processes",
         (long)(after.handles - before.handles), (long)(after.frames_free - before.frames_free),
         (long)(after.processes - before.processes));
}

int main(int argc, char **argv)
{
    size_t size;
    if (argc == 2)
        return start_failing(strtoul(argv[1], NULL, 10));
    struct self_image *image = self_image_make(&size);
    struct file *file = make_file();
    if (!TEST(channel_create(&exits, 64, 0) == 0, "a channel for exits"))
        return tap_done();
    exit_send = exits.send;
    test_plain(file);
    test_arguments_and_handles(file);
    test_in_place(file);
    test_foreign(file);
    test_refusals(file);
    test_exit_event_of_failure(file);
    test_leaks(file);
    test_failing_allocations(image, size);
    return tap_done();
}
