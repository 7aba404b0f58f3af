/* SPDX-License-Identifier: BSD-2-Clause */
/* The PLIC's registers ("Memory Map" of its specification), reached through the direct map. */
#include "kern/plic.h"
#include "kern/hart.h"
#include "kern/space.h"

/* "Interrupt Priorities", "Interrupt Enables", "Priority Thresholds", "Interrupt Claim Process". */
#define PRIORITY(source)      (4ul * (source))
#define ENABLE(context, word) (0x2000ul + 0x80ul * (context) + 4ul * (word))
#define THRESHOLD(context)    (0x200000ul + 0x1000ul * (context))
#define CLAIM(context)        (THRESHOLD(context) + 4)
#define PRIORITY_OF_ALL       1u

struct boot_range plic_range;
uint64_t plic_sources;

static volatile uint32_t *reg(uint64_t offset)
{
    return direct_map(phys(plic_range.base + offset));
}

void plic_init(const struct bootinfo *info)
{
    plic_range = info->plic;
    plic_sources = info->plic.size != 0 ? info->plic_sources : 0;
}

void plic_init_hart(const struct hart *hart)
{
    if (plic_sources == 0)
        return;
    for (uint64_t word = 0; word <= plic_sources / 32; word++)
        *reg(ENABLE(hart->plic_context, word)) = 0;
    *reg(THRESHOLD(hart->plic_context)) = 0;
}

void plic_enable(const struct hart *hart, uint32_t source, bool on)
{
    volatile uint32_t *enable = reg(ENABLE(hart->plic_context, source / 32));
    uint32_t bit = 1u << source % 32;
    *enable = on ? *enable | bit : *enable & ~bit;
    /* After the enable: it is the priority's write that makes QEMU 7.2 look at what is pending. */
    *reg(PRIORITY(source)) = PRIORITY_OF_ALL;
}

uint32_t plic_claim(const struct hart *hart)
{
    return plic_sources == 0 ? 0 : *reg(CLAIM(hart->plic_context));
}

void plic_complete(const struct hart *hart, uint32_t source)
{
    *reg(CLAIM(hart->plic_context)) = source;
}
