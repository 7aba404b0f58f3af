/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two address spaces against a plain table of what each of their pages should be: random operations
 * on both, results, contents, rights and the harts' TLBs compared. The operations come from a
 * source of bytes: a random generator (test_space.c), or a fuzzer (fuzz_space.c).
 */
#ifndef TESTS_SPACE_MODEL_H
#define TESTS_SPACE_MODEL_H

#include "space_cells.h"
#include "kern/space.h"

/* ---- Operations. Each makes the call to its end, and the model the same. */

static bool result_is(const char *what, status_t status, status_t expected)
{
    if (status == -ANSER_ENOMEM)
        model.refused++;
    return status == expected || wrong("%s: %ld, not %ld", what, status, expected);
}

static const uint8_t prots[] = {RW,
                                RW,
                                RW,
                                ANSER_PROT_READ,
                                ANSER_PROT_NONE,
                                ANSER_PROT_READ | ANSER_PROT_EXEC,
                                ANSER_PROT_EXEC};

static status_t may_map(struct span span, uint64_t flags, int what)
{
    const struct model_object *object = what >= 0 ? &model.objects[what] : NULL;
    if (object != NULL && !object->frozen && !object->shared)
        for (unsigned c = 0; c < CELLS; c++)
            if (model.cells[1 - span.space][c].what == what)
                return -ANSER_EBUSY;
    if (object != NULL && object->frozen && (flags & ANSER_PROT_WRITE) != 0)
        return -ANSER_EPERM;
    if ((flags & ANSER_MAP_NOREPLACE) != 0 && !span_empty(span))
        return -ANSER_EEXIST;
    return span_has(span, PINNED) ? -ANSER_EBUSY : 0;
}

/* Memory ran out after pieces of what FIXED replaces had gone, from its start on. */
static bool accept_unmapped(struct span span, uint64_t flags)
{
    for (unsigned i = 0; i < span.count && (flags & ANSER_MAP_FIXED) != 0; i++) {
        if (region_at(&model.spaces[span.space], cell_address(span.first + i)) != NULL)
            break;
        cells_of(span)[i] = hole;
    }
    return true;
}

static bool map(struct span span, int what, uint32_t index)
{
    uint8_t prot = prots[pick(array_length(prots))];
    uint64_t flags = prot | (pick(2) ? ANSER_MAP_FIXED : ANSER_MAP_NOREPLACE);
    struct object *object = what >= 0 ? model.objects[what].object : NULL;
    uint8_t most = what >= 0 ? RW : 7;
    uint64_t address = cell_address(span.first);
    if ((prot & ~most) != 0)
        return true;
    status_t status, expected = may_map(span, flags, what);
    do
        status = space_map(&model.spaces[span.space], &address, span_length(span),
                           flags | SPACE_MAP_MOST(most), object, index * PAGE_SIZE);
    while (status == CALL_RESTART);
    if (status == -ANSER_ENOMEM)
        return result_is("map", status, status) && accept_unmapped(span, flags);
    if (status != 0)
        return result_is("map", status, expected);
    if (object != NULL && model.objects[what].frozen)
        most = ANSER_PROT_READ;
    for (unsigned i = 0; i < span.count; i++)
        cells_of(span)[i] = (struct cell){what, prot, most, index + i, 0};
    return result_is("map", status, expected);
}

static bool do_map_anonymous(void)
{
    return map(pick_target(), ANON, 0);
}

static bool do_map_object(void)
{
    int o = (int)pick(OBJECTS);
    struct span span = pick_target();
    if (model.objects[o].object == NULL || !model.objects[o].held)
        return true;
    uint32_t count = model.objects[o].count;
    uint32_t index = span.count < count ? (uint32_t)pick(count - span.count + 1) : 0;
    if (count >= 512)
        index = 0;
    if (span.count > count)
        span.count = count;
    return map(span, o, index);
}

static bool do_map_anywhere(void)
{
    struct space *space = &model.spaces[pick(SPACES)];
    uint64_t address = 0, length = (1 + pick(3) * 600) * PAGE_SIZE;
    status_t status;
    do
        status = space_map(space, &address, length, RW, NULL, 0);
    while (status == CALL_RESTART);
    if (status != 0)
        return result_is("map anywhere", status, -ANSER_ENOMEM);
    if (!region_range_valid(address, length) || (length >= 2 << 20 && address % (2 << 20) != 0))
        return wrong("map anywhere: %lx", address);
    return result_is("unmap anywhere", space_unmap(space, address, length), 0);
}

static bool do_unmap(void)
{
    struct span span = pick_target();
    status_t status, expected = span_has(span, PINNED) ? -ANSER_EBUSY : 0;
    do
        status =
            space_unmap(&model.spaces[span.space], cell_address(span.first), span_length(span));
    while (status == CALL_RESTART);
    for (unsigned i = 0; i < span.count && status == 0; i++)
        cells_of(span)[i] = hole;
    return result_is("unmap", status, expected);
}

/* Memory ran out on the way: each page has the old or the new protection. */
static bool accept_protection(struct span span, uint8_t prot)
{
    for (unsigned i = 0; i < span.count; i++) {
        struct cell *cell = &cells_of(span)[i];
        const struct region *region =
            region_at(&model.spaces[span.space], cell_address(span.first + i));
        if (region != NULL && region->prot == prot)
            cell->prot = prot;
    }
    return true;
}

static bool do_protect(void)
{
    struct span span = pick_target();
    uint8_t prot = prots[pick(array_length(prots))];
    status_t status, expected = span_has(span, PINNED) ? -ANSER_EBUSY : 0;
    do
        status = space_protect(&model.spaces[span.space], cell_address(span.first),
                               span_length(span), prot);
    while (status == CALL_RESTART);
    if (status == -ANSER_ENOMEM)
        return result_is("protect", status, status) && accept_protection(span, prot);
    for (unsigned i = 0; i < span.count && expected == 0; i++) {
        struct cell *cell = &cells_of(span)[i];
        if (cell->what == HOLE)
            expected = -ANSER_EFAULT;
        else if ((prot & ~cell->most) != 0)
            expected = -ANSER_EPERM;
        else
            cell->prot = prot;
    }
    return result_is("protect", status, expected);
}

static bool do_decommit(void)
{
    struct span span = pick_target();
    status_t status, expected = span_has(span, PINNED) ? -ANSER_EBUSY : 0;
    uint64_t address = cell_address(span.first), length = span_length(span);
    do
        status = space_decommit(&model.spaces[span.space], &address, &length);
    while (status == CALL_RESTART);
    for (unsigned i = 0; i < span.count && expected == 0; i++) {
        struct cell *cell = &cells_of(span)[i];
        if (cell->what == ANON)
            cell->value = 0;
        else
            expected = cell->what == HOLE ? -ANSER_EFAULT : -ANSER_EINVAL;
    }
    return result_is("decommit", status, expected);
}

static status_t model_copy(struct span to, struct span from, uint8_t prot, uint64_t done,
                           bool limited)
{
    for (unsigned i = 0; i < to.count; i++)
        cells_of(to)[i] = hole;
    for (unsigned i = 0; i < to.count; i++) {
        const struct cell *source = &cells_of(from)[i];
        if (limited && i * PAGE_SIZE >= done)
            return -ANSER_ENOMEM;
        if (source->what != ANON)
            return source->what == HOLE ? -ANSER_EFAULT : -ANSER_EINVAL;
        cells_of(to)[i] = (struct cell){ANON, prot, 7, 0, source->value};
    }
    return 0;
}

static bool do_copy(void)
{
    struct span from = pick_target(), to = pick_target();
    uint8_t prot = prots[pick(array_length(prots))];
    from.count = to.count = from.count < to.count ? from.count : to.count;
    bool overlap = from.space == to.space && from.first < to.first + to.count &&
                   to.first < from.first + from.count;
    uint64_t done = 0;
    status_t status;
    do
        status =
            space_copy(&model.spaces[to.space], cell_address(to.first), &model.spaces[from.space],
                       cell_address(from.first), span_length(from), prot, &done);
    while (status == CALL_RESTART);
    if (overlap || span_has(to, PINNED))
        return result_is("copy", status, overlap ? -ANSER_EINVAL : -ANSER_EBUSY);
    return result_is("copy", status, model_copy(to, from, prot, done, status == -ANSER_ENOMEM));
}

/* What an access should find: 0, or -EFAULT. */
static status_t may_access(const struct cell *cell, unsigned access)
{
    return (cell->prot & access) != 0 ? 0 : -ANSER_EFAULT;
}

static void cell_write(struct cell *cell, uint64_t value)
{
    if (cell->what >= 0)
        model.objects[cell->what].values[cell->index] = value;
    else
        cell->value = value;
}

/* In a pinned region only its two inner pages are there. */
static struct cell *pick_cell(unsigned *space, uint64_t *address)
{
    struct span span = pick_recent();
    *space = span.space;
    *address = cell_address(span.first);
    return cells_of(span);
}

static bool do_kernel_write(void)
{
    unsigned s;
    uint64_t address, value = ++model.tag;
    struct cell *cell = pick_cell(&s, &address);
    if (cell->what == PINNED)
        return true;
    status_t status = copy_to_user(&model.spaces[s], user(address + TAG_INDEX * 8), &value, 8);
    if (status == -ANSER_ENOMEM && may_access(cell, ANSER_PROT_WRITE) == 0)
        return result_is("write", status, status);
    if (status == 0)
        cell_write(cell, value);
    return result_is("write", status, may_access(cell, ANSER_PROT_WRITE));
}

static bool do_kernel_read(void)
{
    unsigned s;
    uint64_t address, page[PAGE_SIZE / 8];
    struct cell *cell = pick_cell(&s, &address);
    if (cell->what == PINNED)
        return true;
    status_t status = copy_from_user(&model.spaces[s], page, user(address), sizeof(page));
    if (status == -ANSER_ENOMEM && may_access(cell, ANSER_PROT_READ) == 0)
        return result_is("read", status, status);
    if (status == 0 && !page_is(page, cell_value(cell)))
        return wrong("%lx: read %lx, not %lx", address, page[TAG_INDEX], cell_value(cell));
    return result_is("read", status, may_access(cell, ANSER_PROT_READ));
}

/* As a program does: through the TLB of the running hart, with faults handled. */
static bool do_user_access(void)
{
    unsigned s;
    uint64_t address, frame;
    struct cell *cell = pick_cell(&s, &address);
    enum space_access access = pick(2) ? ACCESS_WRITE : ACCESS_READ;
    status_t status = 0;
    unsigned faults = 0;
    while ((frame = host_access(&model.spaces[s], address, access)) == 0 && status == 0) {
        if (++faults > 4)
            return wrong("%lx: faults for ever", address);
        status = space_fault(&model.spaces[s], user(address), access);
    }
    if (cell->what == PINNED)
        return true;
    if (status == -ANSER_ENOMEM && may_access(cell, access) == 0)
        return result_is("access", status, status);
    if (status != may_access(cell, access))
        return result_is("access", status, may_access(cell, access));
    uint64_t *page = direct_map(phys(frame));
    if (status == 0 && !page_is(page, cell_value(cell)))
        return wrong("%lx: sees %lx, not %lx", address, page[TAG_INDEX], cell_value(cell));
    if (status == 0 && access == ACCESS_WRITE)
        cell_write(cell, page[TAG_INDEX] = ++model.tag);
    return true;
}

static bool do_switch_hart(void)
{
    host_hart = (unsigned)pick(HOST_HARTS);
    return true;
}

static bool do_create(void)
{
    static const uint32_t counts[] = {1, 3, 16, 512, 600, 20};
    bool shared = pick(3) == 0;
    struct model_object *object = &model.objects[pick(OBJECTS)];
    struct object *progress = NULL;
    struct account *account = model.accounts[pick(SPACES)];
    uint32_t count = counts[pick(array_length(counts))];
    status_t status;
    if (object->object != NULL)
        return true;
    do
        status = pages_create(account, count, shared ? ANSER_PAGES_SHARED : 0, NULL, &progress);
    while (status == CALL_RESTART);
    if (status != 0)
        return result_is("pages_create", status, -ANSER_ENOMEM) && progress == NULL;
    memset(object, 0, sizeof(*object));
    *object = (struct model_object){
        .object = progress, .account = account, .held = true, .shared = shared};
    object->count = count;
    return true;
}

/* The object goes to the other one, as in a message. A shared one stays mapped, and is paid for as
 * before. */
static bool do_move(void)
{
    int o = (int)pick(OBJECTS);
    struct model_object *object = &model.objects[o];
    struct account *to = model.accounts[pick(SPACES)];
    if (object->object == NULL || !object->held || object->frozen)
        return true;
    status_t status = pages_transfer(object->object, to);
    if (status != 0)
        return result_is("pages_transfer", status, -ANSER_ENOMEM);
    if (pick(2))
        while (pages_detach_begin(object->object) == CALL_RESTART)
            continue;
    pages_detach(object->object);
    if (object->shared)
        return object->object->payer == object->account || wrong("a shared object's payer");
    object->account = to;
    for (unsigned i = 0; i < SPACES * CELLS; i++)
        if (model.cells[i / CELLS][i % CELLS].what == o)
            model.cells[i / CELLS][i % CELLS] = hole;
    return true;
}

static bool do_freeze(void)
{
    int o = (int)pick(OBJECTS);
    struct model_object *object = &model.objects[o];
    if (object->object == NULL || !object->held || object->shared || pick(3) != 0)
        return true; /* the system call refuses shared ones */
    status_t status;
    do
        status = pages_freeze(object->object);
    while (status == CALL_RESTART);
    object->frozen |= status == 0;
    for (unsigned i = 0; i < SPACES * CELLS; i++) {
        struct cell *cell = &model.cells[i / CELLS][i % CELLS];
        if (cell->what != o)
            continue;
        const struct region *region = region_at(&model.spaces[i / CELLS], cell_address(i % CELLS));
        if (region != NULL && (status == 0 || region->prot == (cell->prot & ANSER_PROT_READ)))
            cell->prot &= ANSER_PROT_READ;
        if (region != NULL && (status == 0 || region->most == ANSER_PROT_READ))
            cell->most = ANSER_PROT_READ;
    }
    return result_is("pages_freeze", status, status == -ANSER_ENOMEM ? status : 0);
}

static bool do_drop(void)
{
    struct model_object *object = &model.objects[pick(OBJECTS)];
    if (object->object == NULL || !object->held)
        return true;
    object->held = false;
    object_release(object->object);
    return true;
}

#define PINNED_FIRST 16u /* cells of the small window: guard, two pages, guard */

static bool do_pin(void)
{
    struct span span = {(unsigned)pick(SPACES), PINNED_FIRST, 4};
    uint64_t address = cell_address(PINNED_FIRST + 1);
    struct space *space = &model.spaces[span.space];
    void *first;
    if (cells_of(span)->what == PINNED) {
        space_unmap_pinned(space, address, 2);
        for (unsigned i = 0; i < span.count; i++)
            cells_of(span)[i] = hole;
        return true;
    }
    status_t expected = span_empty(span) ? 0 : -ANSER_EEXIST;
    status_t status = space_map_pinned(space, address, 2, &first);
    if (status == -ANSER_ENOMEM)
        return result_is("pin", status, status);
    for (unsigned i = 0; i < span.count && status == 0; i++)
        cells_of(span)[i] = (struct cell){PINNED, RW, RW, 0, 0};
    return result_is("pin", status, expected) && (status != 0 || page_is(first, 0));
}

static bool do_fail_next(void)
{
    alloc_fail_after(1 + pick(8));
    return true;
}

static bool (*const operations[])(void) = {
    do_map_anonymous, do_map_anonymous, do_map_object,  do_map_object,  do_map_anywhere,
    do_unmap,         do_protect,       do_protect,     do_decommit,    do_copy,
    do_copy,          do_kernel_write,  do_kernel_read, do_user_access, do_user_access,
    do_user_access,   do_user_access,   do_user_access, do_user_access, do_switch_hart,
    do_create,        do_create,        do_move,        do_freeze,      do_drop,
    do_pin,           do_fail_next,
};

/* The kernel's slot, which every space has and none may touch. */
static pte_t *host_slot_table;
#define SLOT_TABLE_ENTRY pte_make(phys(HOST_RAM_BASE), PTE_V)

static bool slot_untouched(void)
{
    for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
        if (host_slot_table[i] != SLOT_TABLE_ENTRY)
            return false;
    return true;
}

/* ---- A life of both spaces. */

static void model_begin(bool (*source)(uint8_t *out))
{
    memset(&model, 0, sizeof(model));
    model.source = source;
    for (unsigned s = 0; s < SPACES; s++) {
        model.accounts[s] = account_create(&root_account, BUDGET);
        if (space_init(&model.spaces[s], model.accounts[s]) != 0)
            panic("space_init");
        for (unsigned c = 0; c < CELLS; c++)
            model.cells[s][c] = hole;
    }
}

/* Everything goes, in the order that a fuzzer may choose; accounts must end empty. */
static bool model_end(void)
{
    alloc_fail_after(0);
    for (unsigned s = 0; s < SPACES; s++) {
        while (!space_reclaim(&model.spaces[s]))
            continue;
        for (unsigned hart = 0; hart < HOST_HARTS; hart++)
            for (unsigned i = 0; i < TLB_ENTRIES; i++)
                if (host_tlb[hart][i].space == &model.spaces[s])
                    return wrong("a hart remembers a space that has gone");
    }
    for (unsigned o = 0; o < OBJECTS; o++)
        if (model.objects[o].object != NULL && model.objects[o].held)
            object_release(model.objects[o].object);
    for (unsigned s = 0; s < SPACES; s++) {
        if (model.accounts[s]->used != 0)
            return wrong("account %u still has %lu bytes, %lu objects", s, model.accounts[s]->used,
                         object_count);
        account_close(model.accounts[s]);
    }
    return root_account.used == 0 || wrong("the root account has %lu bytes", root_account.used);
}

/* Runs until the source is dry or `steps` are made. False: model.error says what is wrong. */
static bool model_run(bool (*source)(uint8_t *out), uint64_t steps)
{
    uint8_t operation;
    model_begin(source);
    while (model.steps < steps && source(&operation)) {
        model.steps++;
        bool held = operations[operation % array_length(operations)]();
        sweep_objects();
        if (!held)
            return false;
        if (model.steps % 64 == 0 && !slot_untouched())
            return wrong("the kernel's slot has changed");
        if (!host_tlb_sound())
            return wrong("a hart remembers what is no longer so");
        if (model.steps % 32 == 0 && !everything_true())
            return false;
    }
    if (!slot_untouched())
        return wrong("the kernel's slot has changed");
    return everything_true() && model_end();
}

/* A kernel table with little in it stands for the real one. */
static void model_boot(void)
{
    phys_t root, slot;
    host_memory(HOST_RAM_SIZE);
    frame_alloc_zeroed(&root);
    frame_alloc_zeroed(&slot);
    host_slot_table = direct_map(slot);
    for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
        host_slot_table[i] = SLOT_TABLE_ENTRY;
    ((pte_t *)direct_map(root))[ANSER_KERNEL_SLOT / GIGAPAGE_SIZE] = pte_make(slot, PTE_V);
    kernel_satp = 8ul << 60 | root.value >> PAGE_SHIFT;
    account_open_root();
}

#endif
