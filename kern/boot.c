/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps of the boot, as kmain calls them through core_table. Each returns 0 or -errno. The
 * loader's memory is out of sight as soon as paging is on, so the core works from boot_info, its
 * own copy of the hand-over; kmain may go on reading its own memory, the Go part of the image,
 * until step_enter.
 */
#include "kern/boot.h"
#include "kern/hart.h"
#include "kern/log.h"
#include "kern/panic.h"
#include "kern/plic.h"
#include "kern/process.h"
#include "kern/sched.h"
#include "kern/system.h"
#include "sbi/sbi.h"

#define BOOT_STACK_TOP 0x3000 /* in kern/entry.S */
_Static_assert(sizeof(kernel_stacks[0]) == BOOT_STACK_TOP, "entry.S");

extern const char kernel_end[];

static uint64_t boot_harts_max;

/* kmain cannot go on, and says why. */
_Noreturn void step_fail(const char *text, size_t length)
{
    log_write(text, length);
    power_off(1);
}

status_t step_log_init(const struct bootinfo *info)
{
    sbi_init();
    power_init(info);
    return 0;
}

status_t step_memory_init(const struct bootinfo *info, const struct boot_options *options)
{
    boot_info = *info;
    boot_harts_max = options->harts_max;
    panic_action = options->panic_action;
    backtrace_set_end(info->image.base + info->image.size);
    harts_init(&boot_info);
    tables_init();
    sched_init(boot_info.timebase_hz);
    status_t status = frame_init(&boot_info);
    return status < 0 ? status : space_kernel_init(&boot_info);
}

status_t step_trap_init(void)
{
    trap_init_hart();
    return 0;
}

status_t step_interrupt_init(void)
{
    timer_init(&boot_info);
    timer_init_hart();
    plic_init(&boot_info);
    plic_init_hart(hart_self());
    return 0;
}

status_t step_process_init(void)
{
    account_open_root();
    return 0;
}

status_t step_harts_start(void)
{
    return harts_start(&boot_info, boot_harts_max);
}

/* Memory that nobody needs after boot: the Go part of the image, the loader. It goes to init. */
static void give_back(void)
{
    uint64_t free = frame_counts.free;
    backtrace_set_end((uint64_t)kernel_end);
    space_drop_image_tail(&boot_info);
    frame_reclaim(boot_info.loader);
    uint64_t bytes = (frame_counts.free - free) * PAGE_SIZE;
    root_account.limit += bytes;
    root_account.used += bytes;
    process_init->account->limit += bytes;
}

/* Runs on the boot hart's kernel stack already (kern/entry.S). */
_Noreturn void step_enter(void)
{
    give_back();
    harts_release();
    sched_enter();
}
