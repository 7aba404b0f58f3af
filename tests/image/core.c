/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A core in place of the kernel's, for tests of the loader and of the Go part alone: prints what it
 * was handed, and ends QEMU with the result. "fail=N" on the command line makes step N fail.
 */
#include <anser/bootinfo.h>
#include <stddef.h>

void boot_write(const char *text, uint64_t length);
_Noreturn void boot_fail(const char *text, uint64_t length);
int64_t boot_log_init(const struct bootinfo *info);
int64_t boot_memory_init(const struct bootinfo *info, const struct boot_options *options);
int64_t boot_trap_init(const struct bootinfo *info, const struct boot_options *options);
int64_t boot_interrupt_init(const struct bootinfo *info, const struct boot_options *options);
int64_t boot_process_init(const struct bootinfo *info, const struct boot_options *options);
int64_t boot_init_load(const struct bootinfo *info, const struct boot_options *options);
int64_t boot_harts_start(const struct bootinfo *info, const struct boot_options *options);
int64_t boot_enter(const struct bootinfo *info, const struct boot_options *options);

/* Data and zeros of every kind, so that a wrong copy of the core shows. */
static volatile uint64_t initialised = 0x1122334455667788;
static volatile uint64_t zeroed[1024];
static uint64_t finisher = 0x100000;

static void put_byte(char byte)
{
    register long a0 __asm__("a0") = (unsigned char)byte;
    register long a7 __asm__("a7") = 1;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "a1", "memory");
}

static void put_text(const char *text)
{
    while (*text)
        put_byte(*text++);
}

static void put_number(const char *name, uint64_t number)
{
    put_text(" ");
    put_text(name);
    put_text("=0x");
    for (int shift = 60; shift >= 0; shift -= 4)
        put_byte("0123456789abcdef"[number >> shift & 15]);
}

static uint64_t instructions(void)
{
    uint64_t now;
    __asm__ volatile("rdinstret %0" : "=r"(now));
    return now;
}

static _Noreturn void finish(uint32_t value)
{
    *(volatile uint32_t *)finisher = value;
    for (;;)
        ;
}

void boot_write(const char *text, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++)
        put_byte(text[i]);
}

_Noreturn void boot_fail(const char *text, uint64_t length)
{
    boot_write(text, length);
    finish(3u << 16 | 0x3333);
}

/* The result of step number: an error if the command line holds "fail=" and this digit. */
static int64_t step_result(const struct bootinfo *info, const char *name, char number)
{
    put_text("core: ");
    put_text(name);
    put_text("\n");
    for (const char *at = info->cmdline; *at; at++) {
        if (at[0] == 'f' && at[1] == 'a' && at[2] == 'i' && at[3] == 'l' && at[4] == '=' &&
            at[5] == number)
            return -12;
    }
    return 0;
}

int64_t boot_log_init(const struct bootinfo *info)
{
    uint64_t now = instructions();
    finisher = info->finisher;
    put_text("core: hand-over");
    put_number("hart", info->boot_hart);
    put_number("harts", info->hart_count);
    put_number("hz", info->timebase_hz);
    put_number("extensions", info->extensions);
    put_number("ram", info->memory[0].base);
    put_number("ram_size", info->memory[0].size);
    put_number("image", info->image.base);
    put_number("image_size", info->image.size);
    put_number("initrd_size", info->initrd.size);
    put_number("plic", info->plic.base);
    put_number("sources", info->plic_sources);
    put_number("contexts", info->harts[info->hart_count - 1].plic_context);
    put_number("start", info->start_instret);
    put_number("instructions", now - info->start_instret);
    put_text("\n");
    return step_result(info, "log", '2');
}

int64_t boot_memory_init(const struct bootinfo *info, const struct boot_options *options)
{
    for (unsigned i = 0; i < 1024; i++)
        initialised += zeroed[i];
    put_text(initialised == 0x1122334455667788 ? "core: data intact\n" : "core: data broken\n");
    put_text("core: options");
    put_number("harts", options->harts_max);
    put_number("panic", options->panic_action);
    put_text("\n");
    return step_result(info, "memory", '3');
}

int64_t boot_trap_init(const struct bootinfo *info, const struct boot_options *options)
{
    (void)options;
    return step_result(info, "traps", '4');
}

int64_t boot_interrupt_init(const struct bootinfo *info, const struct boot_options *options)
{
    (void)options;
    return step_result(info, "interrupts", '5');
}

int64_t boot_process_init(const struct bootinfo *info, const struct boot_options *options)
{
    (void)options;
    return step_result(info, "processes", '6');
}

int64_t boot_init_load(const struct bootinfo *info, const struct boot_options *options)
{
    (void)options;
    return step_result(info, "init", '7');
}

int64_t boot_harts_start(const struct bootinfo *info, const struct boot_options *options)
{
    (void)options;
    return step_result(info, "harts", '8');
}

int64_t boot_enter(const struct bootinfo *info, const struct boot_options *options)
{
    (void)options;
    if (step_result(info, "enter", '9') != 0)
        return -12;
    finish(0x5555);
}
