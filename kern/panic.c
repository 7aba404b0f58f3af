/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a panic says, and how everybody stops. Functions keep no frame pointer, so the backtrace is
 * a scan of the stack for words behind a call instruction in the core's text: it never misses a
 * caller, but may show one that has returned already.
 */
#include "kern/panic.h"
#include "kern/hart.h"
#include "kern/log.h"
#include "kern/system.h"
#include "kern/object.h"
#include "sbi/sbi.h"

#define REGISTERS     32
#define EXIT_ON_PANIC 1 /* the code that the finisher gives */

volatile uint32_t panic_begun;
uint64_t panic_action = BOOT_PANIC_HALT;
void (*panic_dump)(void);
uint64_t panic_registers[REGISTERS]; /* panic_entry.S stores them; x[0] = pc */
static struct thread *panic_thread;  /* of the hart that panics */

_Noreturn void panic_report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Privileged specification, "Supervisor Cause Register": what can happen to the kernel. */
static const char *const causes[16] = {
    [0] = "instruction address misaligned",
    [1] = "instruction access fault",
    [2] = "illegal instruction",
    [3] = "breakpoint",
    [4] = "load address misaligned",
    [5] = "load access fault",
    [6] = "store address misaligned",
    [7] = "store access fault",
    [12] = "instruction page fault",
    [13] = "load page fault",
    [15] = "store page fault",
};

static const char register_names[REGISTERS][4] = {
    "pc", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
    "a1", "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
    "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

static void show_registers(const uint64_t *registers)
{
    for (unsigned i = 0; i < REGISTERS; i++)
        kprintf("%4s %016lx%s", register_names[i], registers[i], i % 4 == 3 ? "\n" : "");
}

static _Noreturn void panic_end(void)
{
    if (panic_action == BOOT_PANIC_EXIT)
        power_off(EXIT_ON_PANIC);
    if (panic_action == BOOT_PANIC_REBOOT)
        sbi_reboot();
    kprintf("All harts are stopped.\n");
    sbi_stop();
}

static void stop_others(void)
{
    struct thread *self = current_thread();
    for (uint32_t i = 0; i < hart_count; i++) {
        /* idle and current are only compared: who panics may not trust what it reads. */
        if (harts[i].online && harts[i].current != self && harts[i].idle != self)
            hart_poke(&harts[i]);
    }
}

/* One panic is enough: a second hart stops, a second one on this hart ends what it began. */
static void panic_begin(void)
{
    struct thread *self = current_thread();
    if (__atomic_exchange_n(&panic_begun, 1, __ATOMIC_SEQ_CST) != 0) {
        if (panic_thread != self)
            sbi_stop();
        kprintf("\npanic: again, within the report\n");
        panic_end();
    }
    panic_thread = self;
    log_console(true);
    stop_others();
}

static _Noreturn void panic_finish(const uint64_t *registers)
{
    show_registers(registers);
    backtrace(registers);
    if (panic_dump != NULL)
        panic_dump();
    panic_end();
}

_Noreturn void panic_report(const char *format, ...)
{
    va_list arguments;
    panic_begin();
    kprintf("\npanic: ");
    va_start(arguments, format);
    kvprintf(format, arguments);
    va_end(arguments);
    kprintf("\n");
    panic_finish(panic_registers);
}

_Noreturn void panic_trap(const uint64_t *registers, uint64_t cause, uint64_t value)
{
    panic_begin();
    kprintf("\npanic: %s in the kernel, cause %lx, value %lx%s\n",
            cause < array_length(causes) && causes[cause] ? causes[cause] : "unknown trap", cause,
            value, backtrace_is_guard(value) ? ": the kernel stack is full" : "");
    panic_finish(registers);
}
