/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loader: reads the machine from the device tree, checks the kernel image that is embedded in
 * it, and only then writes it to its place and jumps there.
 */
#include "loader/device_tree.h"
#include "loader/elf_message.h"
#include "loader/image.h"
#include "loader/init_program.h"
#include "loader/line.h"
#include "sbi/sbi.h"

#include <string.h>

#define TEXT_MAX 256

/* The sifive_test device: a failure with this exit code for QEMU. */
#define FINISHER_FAIL 0x3333u
#define EXIT_CODE     1u

extern const char kernel_image[], kernel_image_end[]; /* loader/entry.S */
extern char loader_start[], loader_end[];             /* loader/loader.ld */

_Noreturn void image_enter(uint64_t hart, const struct bootinfo *info, uint64_t entry);
_Noreturn void loader_main(uint64_t hart, const void *tree, uint64_t instret);
_Noreturn void loader_trap(uint64_t cause, uint64_t pc, uint64_t value, uint64_t caller);

/* The hand-over itself. It lies in the loader, whose memory the kernel reclaims last. */
static struct bootinfo bootinfo;

static void print_line(const char *text)
{
    sbi_console_write("loader: ", 8);
    sbi_console_write(text, strlen(text));
    sbi_console_write("\n", 1);
}

/* A trap on the way out must not come back here for ever: the second time just switches off. */
static _Noreturn void fail(const char *text)
{
    uint64_t finisher = bootinfo.finisher;
    bootinfo.finisher = 0;
    print_line(text);
    if (finisher != 0)
        *(volatile uint32_t *)finisher = EXIT_CODE << 16 | FINISHER_FAIL;
    sbi_shutdown(true);
}

_Noreturn void loader_trap(uint64_t cause, uint64_t pc, uint64_t value, uint64_t caller)
{
    char text[TEXT_MAX];
    struct line line = line_begin(text, sizeof text);
    line_add(&line, "trap before the kernel can handle one: scause = ");
    line_add_hex(&line, cause);
    line_add(&line, ", sepc = ");
    line_add_hex(&line, pc);
    line_add(&line, ", stval = ");
    line_add_hex(&line, value);
    line_add(&line, ", ra = ");
    line_add_hex(&line, caller);
    fail(text);
}

static void begin_bootinfo(uint64_t hart, uint64_t instret)
{
    bootinfo.magic = BOOTINFO_MAGIC;
    bootinfo.version = BOOTINFO_VERSION;
    bootinfo.size = sizeof bootinfo;
    bootinfo.boot_hart = hart;
    bootinfo.start_instret = instret;
    bootinfo.loader.base = (uint64_t)loader_start;
    bootinfo.loader.size = (uint64_t)(loader_end - loader_start);
}

static void read_machine(const void *tree)
{
    struct device_tree_error error;
    uint64_t harts_left;
    char text[TEXT_MAX];
    if (device_tree_read(tree, DEVICE_TREE_SIZE_MAX, &bootinfo, &harts_left, &error) !=
        DEVICE_TREE_OK) {
        device_tree_describe(&error, text, sizeof text);
        fail(text);
    }
    if (harts_left != 0) {
        struct line line = line_begin(text, sizeof text);
        line_add_decimal(&line, harts_left);
        line_add(&line, " more harts than can be used are left alone");
        print_line(text);
    }
    if (image_check_places(&bootinfo, text, sizeof text) != 0)
        fail(text);
}

static void load_image(void)
{
    struct elf_plan plan;
    struct elf_error error;
    size_t size = (size_t)(kernel_image_end - kernel_image);
    if (image_check(kernel_image, size, &bootinfo, &plan, &error) != ELF_OK) {
        char text[TEXT_MAX];
        struct line line = line_begin(text, sizeof text);
        line_add(&line, "kernel image: ");
        elf_describe(&error, text + line.length, sizeof text - line.length);
        fail(text);
    }
    image_write(&plan, kernel_image, 0, &bootinfo);
}

/* Without a first program there is a line about that, and the kernel will end at its step init. */
static void plan_init(void)
{
    char text[TEXT_MAX];
    init_program_stack(&bootinfo);
    if (init_program_plan(&bootinfo, (const void *)bootinfo.initrd.base, text, sizeof text) != 0)
        print_line(text);
}

_Noreturn void loader_main(uint64_t hart, const void *tree, uint64_t instret)
{
    sbi_init();
    begin_bootinfo(hart, instret);
    read_machine(tree);
    if (bootinfo.initrd.size == 0) {
        print_line("no boot modules: give QEMU -initrd with a cpio (newc) archive, "
                   "as `make run` does; switching off");
        sbi_shutdown(false);
    }
    plan_init();
    load_image();
    image_enter(hart, &bootinfo, bootinfo.image_entry);
}
