/* SPDX-License-Identifier: BSD-2-Clause */
/* Scanning a stack for return addresses, and naming them by the core's own symbol table. */
#include "kern/hart.h"
#include "kern/log.h"
#include "kern/panic.h"

#define CALLERS_MAX  32
#define UNKNOWN_SCAN PAGE_SIZE /* of a stack that is none of the harts': of a panic, or of Go */

extern const char kernel_start[], kernel_text_end[], kernel_end[];

/* Made by tools/make-symbols from the first link of the core, and linked into the second. */
struct symbol {
    uint32_t offset;      /* of the function's first byte from kernel_start */
    uint32_t name_offset; /* of its NUL-terminated name in symbol_names */
};

extern const struct symbol symbol_table[]; /* sorted by offset, symbol_count of them */
extern const uint32_t symbol_count;
extern const char symbol_names[];

static uint64_t stacks_end = (uint64_t)kernel_end;

static bool in_text(uint64_t address)
{
    return address > (uint64_t)kernel_start + 4 && address < (uint64_t)kernel_text_end;
}

/* Right behind a call: jal or jalr with ra as the link, or c.jalr. */
static bool is_return_address(uint64_t address)
{
    if (!in_text(address) || address % 2 != 0)
        return false;
    const uint16_t *before = (const uint16_t *)address;
    uint32_t link = before[-2] & 0xfffu;
    bool compressed = (before[-1] & 0xf07fu) == 0x9002u && (before[-1] & 0xf80u) != 0;
    return link == 0x0efu || link == 0x0e7u || compressed;
}

/* A caller is named by its call, right before where it goes on: a function may end with one. */
static void show_place(uint64_t address, bool caller)
{
    uint64_t offset = address - (uint64_t)kernel_start;
    uint64_t known_by = offset - (caller ? 2 : 0);
    uint32_t next = 0;
    while (next < symbol_count && symbol_table[next].offset <= known_by)
        next++;
    kprintf("  %016lx", address);
    if (in_text(address) && next != 0) {
        const struct symbol *symbol = &symbol_table[next - 1];
        kprintf(" %s+0x%lx", &symbol_names[symbol->name_offset], offset - symbol->offset);
    }
    kprintf("\n");
}

bool backtrace_is_guard(uint64_t address)
{
    uint64_t offset = address - (uint64_t)kernel_stacks;
    return offset < sizeof(kernel_stacks) && offset % sizeof(kernel_stacks[0]) < PAGE_SIZE;
}

/* The part of the stack at sp that can be read: [*from, returned end). */
static uint64_t stack_end(uint64_t *from)
{
    uint64_t offset = *from - (uint64_t)kernel_stacks;
    if (offset < sizeof(kernel_stacks)) {
        uint64_t base = *from - offset % sizeof(kernel_stacks[0]);
        if (backtrace_is_guard(*from))
            *from = base + PAGE_SIZE;
        return base + sizeof(kernel_stacks[0]);
    }
    if (*from < (uint64_t)kernel_text_end || *from >= stacks_end)
        return *from;
    uint64_t end = *from + UNKNOWN_SCAN;
    return end < stacks_end ? end : stacks_end;
}

void backtrace_set_end(uint64_t end)
{
    stacks_end = end;
}

void backtrace(const uint64_t *registers)
{
    uint64_t at = registers[2] & ~7ul;
    uint64_t end = stack_end(&at);
    uint64_t last = registers[0], word = registers[1];
    kprintf("Backtrace, callers below those they called:\n");
    show_place(last, last == word);
    for (unsigned shown = 0; shown < CALLERS_MAX; at += 8) {
        /* A function that has stored ra already would show its caller twice. */
        if (word != last && is_return_address(word)) {
            last = word;
            show_place(word, true);
            shown++;
        }
        if (at >= end)
            return;
        word = *(const uint64_t *)at;
    }
}
