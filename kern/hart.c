/* SPDX-License-Identifier: BSD-2-Clause */
/* The harts' records and stacks, and how one gets another's attention. */
#include "kern/hart.h"
#include "kern/thread.h"
#include "sbi/sbi.h"

#define PANIC_STACK_SIZE 2048

struct hart harts[HARTS_MAX];
uint32_t hart_count;
char kernel_stacks[HARTS_MAX][PAGE_SIZE + KERNEL_STACK_SIZE] __attribute__((aligned(PAGE_SIZE)));
static char panic_stacks[HARTS_MAX][PANIC_STACK_SIZE] __attribute__((aligned(16)));

struct hart *hart_self(void)
{
    return current_thread()->hart;
}

void hart_set_id(struct hart *hart, const struct boot_hart *from)
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

uint64_t harts_idle_ticks(uint64_t now)
{
    uint64_t ticks = 0;
    for (uint32_t i = 0; i < hart_count; i++)
        ticks += harts[i].idle_ticks + (harts[i].idling ? now - harts[i].idle_since : 0);
    return ticks;
}

void hart_poke(struct hart *hart)
{
    sbi_send_ipi(1, hart->id);
}
