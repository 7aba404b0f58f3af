/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model of two address spaces: a plain table of what each of their pages should be, the choice
 * of pages to work on, and the comparison of both. For space_model.h.
 */
#ifndef TESTS_SPACE_CELLS_H
#define TESTS_SPACE_CELLS_H

#include "kernel_host.h"
#include "kern/pages.h"
#include "kern/region.h"

#define SPACES    2
#define OBJECTS   4
#define SMALL     24u
#define LARGE     1536u /* three blocks of 2 MiB */
#define CELLS     (SMALL + LARGE)
#define BUDGET    (7ul << 20)
#define RW        (ANSER_PROT_READ | ANSER_PROT_WRITE)
#define ANON      (-1)
#define HOLE      (-2)
#define PINNED    (-3)
#define RECENT    8
#define TAG_INDEX 8 /* the only word of a page that is ever written */

struct span {
    unsigned space;
    unsigned first; /* cell */
    unsigned count;
};

struct cell {
    int what; /* ANON, HOLE, PINNED, or the number of an object */
    uint8_t prot;
    uint8_t most;
    uint32_t index;
    uint64_t value; /* of an anonymous page */
};

struct model_object {
    struct object *object; /* NULL: none */
    struct account *account;
    bool held; /* a handle keeps it */
    bool frozen;
    bool shared;
    uint32_t count;
    uint64_t values[700];
};

static struct {
    struct account *accounts[SPACES];
    struct space spaces[SPACES];
    struct cell cells[SPACES][CELLS];
    struct model_object objects[OBJECTS];
    bool (*source)(uint8_t *out);
    struct span recent[RECENT];
    uint64_t tag;
    uint64_t steps;
    uint64_t refused; /* -ENOMEM */
    char error[160];
} model;

static bool wrong(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(model.error, sizeof(model.error), format, arguments);
    va_end(arguments);
    return false;
}

static uint64_t pick(uint64_t below)
{
    uint8_t low = 0, high = 0;
    model.source(&low);
    if (below > 256)
        model.source(&high);
    return (low | (uint64_t)high << 8) % below;
}

/* ---- Cells and addresses. The large window begins 5 pages before a block of 2 MiB. */

static uint64_t cell_address(unsigned cell)
{
    return cell < SMALL ? 0x10000ul + cell * PAGE_SIZE
                        : 0x40000000ul - 5 * PAGE_SIZE + (cell - SMALL) * PAGE_SIZE;
}

static struct span pick_span(void)
{
    struct span span = {.space = (unsigned)pick(SPACES)};
    unsigned begin = pick(2) ? SMALL : 0;
    unsigned size = begin ? LARGE : SMALL;
    switch (pick(4)) {
    case 0: /* long, or a whole number of blocks */
        span.first = begin + (begin ? 5 + 512 * (unsigned)pick(2) : 0);
        span.count = begin ? 512 : SMALL;
        break;
    case 1:
        span.first = begin + (unsigned)pick(size);
        span.count = 1 + (unsigned)pick(begin + size - span.first);
        break;
    default:
        span.first = begin + (unsigned)pick(size < 40 ? size : 40);
        span.count =
            1 + (unsigned)pick(begin + size - span.first < 12 ? begin + size - span.first : 12);
    }
    return span;
}

/* A page that something was done to a moment ago, or any: so that interesting pages are looked at.
 */
static struct span pick_recent(void)
{
    struct span span = model.recent[pick(RECENT)];
    if (span.count == 0 || pick(4) == 0)
        span = pick_span();
    span.first += pick(2) ? 0 : (unsigned)pick(span.count); /* the first one most often */
    span.count = 1;
    return span;
}

/* The span of an operation that changes something. */
static struct span pick_target(void)
{
    struct span span = pick(3) ? pick_span() : pick_recent();
    model.recent[model.steps % RECENT] = span;
    return span;
}

static struct cell *cells_of(struct span span)
{
    return &model.cells[span.space][span.first];
}

static uint64_t span_length(struct span span)
{
    return span.count * PAGE_SIZE;
}

static bool span_has(struct span span, int what)
{
    for (unsigned i = 0; i < span.count; i++)
        if (cells_of(span)[i].what == what)
            return true;
    return false;
}

static bool span_empty(struct span span)
{
    for (unsigned i = 0; i < span.count; i++)
        if (cells_of(span)[i].what != HOLE)
            return false;
    return true;
}

static const struct cell hole = {.what = HOLE};

static uint64_t cell_value(const struct cell *cell)
{
    return cell->what >= 0 ? model.objects[cell->what].values[cell->index] : cell->value;
}

/* Objects that nothing holds any more have gone with their last mapping. */
static void sweep_objects(void)
{
    for (int o = 0; o < OBJECTS; o++) {
        bool mapped = false;
        for (unsigned i = 0; i < SPACES * CELLS; i++)
            mapped |= model.cells[i / CELLS][i % CELLS].what == o;
        if (!mapped && !model.objects[o].held)
            model.objects[o].object = NULL;
    }
}

/* ---- Comparing. */

static bool page_is(const uint64_t *page, uint64_t value)
{
    for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
        if (page[i] != (i == TAG_INDEX ? value : 0))
            return false;
    return true;
}

static bool cell_true(unsigned s, unsigned c)
{
    const struct cell *cell = &model.cells[s][c];
    uint64_t address = cell_address(c);
    const struct region *region = region_at(&model.spaces[s], address);
    unsigned level;
    if ((region == NULL) != (cell->what == HOLE))
        return wrong("%lx: region %s", address, region == NULL ? "missing" : "left");
    pte_t entry = *page_table_find(model.spaces[s].root, address, 0, &level);
    if (region == NULL)
        return entry == 0 || wrong("%lx: entry %lx in a hole", address, entry);
    if (region->prot != cell->prot || region->most != cell->most)
        return wrong("%lx: prot %d/%d, not %d/%d", address, region->prot, region->most, cell->prot,
                     cell->most);
    if ((region->object != NULL) != (cell->what >= 0) || region->pinned != (cell->what == PINNED))
        return wrong("%lx: another kind of region", address);
    if (entry == 0)
        return cell->what >= 0 || cell_value(cell) == 0 || wrong("%lx: content lost", address);
    if ((entry & PTE_RWX) >> 1 & ~(uint64_t)cell->prot)
        return wrong("%lx: entry %lx for prot %d", address, entry, cell->prot);
    if (((entry & PTE_V) == 0) != (cell->prot == 0))
        return wrong("%lx: entry %lx for prot %d", address, entry, cell->prot);
    const uint64_t *page =
        direct_map(phys(pte_frame(entry).value + (address & (level_size(level) - 1) & ~PAGE_MASK)));
    return page_is(page, cell_value(cell)) || wrong("%lx: content", address);
}

static bool everything_true(void)
{
    for (unsigned s = 0; s < SPACES; s++)
        for (unsigned c = 0; c < CELLS; c++)
            if (!cell_true(s, c))
                return false;
    return true;
}

#endif
