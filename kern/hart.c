/* SPDX-License-Identifier: BSD-2-Clause */
/* The harts: their records and stacks, how they start, interrupt each other and take interrupts. */
#include "kern/hart.h"
#include "kern/irq.h"
#include "kern/log.h"
#include "kern/plic.h"
#include "kern/space.h"
#include "kern/thread.h"
#include "kern/sched.h"
#include "kern/timer.h"
#include "kern/trap.h"
#include "kern/work.h"
#include "sbi/sbi.h"

#define PANIC_STACK_SIZE 2048

/* Privileged specification, "Supervisor Interrupt Registers", "sstatus". */
#define SIP_SOFTWARE (1ul << 1)
#define SIP_TIMER    (1ul << 5)
#define SIP_EXTERNAL (1ul << 9)
#define SSTATUS_FS   (3ul << 13)
#define SSTATUS_VS   (3ul << 9)
#define SSTATUS_SUM  (1ul << 18)

struct hart harts[HARTS_MAX];
uint32_t hart_count;
char kernel_stacks[HARTS_MAX][PAGE_SIZE + KERNEL_STACK_SIZE] __attribute__((aligned(PAGE_SIZE)));
static char panic_stacks[HARTS_MAX][PANIC_STACK_SIZE] __attribute__((aligned(16)));

/* What kern/hart_start.S loads before it can run C; it knows the offsets. */
struct hart_entry {
    uint64_t stack;
    struct thread *thread;
    uint64_t satp;
    struct hart *hart;
};
_Static_assert(offsetof(struct hart_entry, thread) == 8, "hart_start.S");
_Static_assert(offsetof(struct hart_entry, satp) == 16, "hart_start.S");
_Static_assert(offsetof(struct hart_entry, hart) == 24, "hart_start.S");

static struct hart_entry entries[HARTS_MAX];
static volatile bool released;
void hart_start(void);

struct hart *hart_self(void)
{
    return current_thread()->hart;
}

static void hart_set_id(struct hart *hart, const struct boot_hart *from)
{
    hart->id = from->id;
    hart->plic_context = from->plic_context;
}

void harts_init(const struct bootinfo *info)
{
    for (uint32_t i = 0; i < HARTS_MAX; i++) {
        harts[i].index = i;
        harts[i].stack_top = (uint64_t)kernel_stacks[i] + sizeof(kernel_stacks[i]);
        harts[i].panic_stack_top = (uint64_t)panic_stacks[i] + PANIC_STACK_SIZE;
    }
    for (uint64_t i = 0; i < info->hart_count; i++) {
        if (info->harts[i].id == info->boot_hart)
            hart_set_id(&harts[0], &info->harts[i]);
    }
    hart_count = 1;
    harts[0].online = 1;
}

void hart_init_registers(void)
{
    __asm__ volatile("csrc sstatus, %0" ::"r"(SSTATUS_FS | SSTATUS_VS | SSTATUS_SUM));
}

static void hart_launch(struct hart *hart)
{
    struct hart_entry *entry = &entries[hart->index];
    *entry = (struct hart_entry){hart->stack_top, hart->idle, kernel_satp, hart};
    int64_t error = sbi_hart_start(hart->id, (uint64_t)hart_start, (uint64_t)entry);
    if (error == SBI_SUCCESS)
        hart_count++;
    else
        kprintf("hart %lu does not start: SBI error %ld\n", hart->id, error);
}

status_t harts_start(const struct bootinfo *info, uint64_t most)
{
    /* A hart that does not start leaves its logical number to the next one. */
    for (uint64_t i = 0; i < info->hart_count && hart_count < most; i++) {
        if (info->harts[i].id == info->boot_hart)
            continue;
        hart_set_id(&harts[hart_count], &info->harts[i]);
        hart_launch(&harts[hart_count]);
    }
    return 0;
}

/*
 * A started hart waits asleep for the end of the boot, rather than at the lock: a spinning hart
 * would take its turn from the booting one wherever QEMU runs all harts on one thread.
 */
_Noreturn void hart_main(struct hart *hart)
{
    trap_init_hart();
    hart_init_registers();
    timer_init_hart();
    plic_init_hart(hart);
    __atomic_store_n(&hart->online, 1, __ATOMIC_RELEASE);
    while (!released)
        __asm__ volatile("wfi" ::: "memory");
    /* The boot has unmapped its own part of the image meanwhile. */
    __asm__ volatile("fence r, rw; sfence.vma" ::: "memory");
    sched_enter();
}

void harts_release(void)
{
    __atomic_store_n(&released, true, __ATOMIC_SEQ_CST);
    for (uint32_t i = 1; i < hart_count; i++)
        hart_poke(&harts[i]);
}

void hart_poke(struct hart *hart)
{
    sbi_send_ipi(1, hart->id);
}

static uint64_t pending(void)
{
    uint64_t raised, wanted;
    __asm__ volatile("csrr %0, sip" : "=r"(raised));
    __asm__ volatile("csrr %0, sie" : "=r"(wanted));
    return raised & wanted;
}

bool interrupts_pending(void)
{
    return pending() != 0;
}

void interrupts_poll(void)
{
    uint64_t raised = pending();
    /* The software interrupt only says "look": the scheduler does, after this. */
    if (raised & SIP_SOFTWARE)
        __asm__ volatile("csrc sip, %0" ::"r"(SIP_SOFTWARE) : "memory");
    if (raised & SIP_TIMER)
        timer_interrupt();
    if (raised & SIP_EXTERNAL)
        irq_interrupt();
}
