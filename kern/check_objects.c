/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which objects there are. The kernel itself keeps no list of them, so this stands between it and
 * object_create, and the slab allocator that frees them: a hash table of addresses.
 */
#include "kern/check.h"
#include "kern/log.h"
#include "kern/slab.h"
#include "kern/system.h"

#define TABLE_BITS 14
#define TABLE_SIZE (1u << TABLE_BITS)
#define MOST       (TABLE_SIZE / 4 * 3)

static struct tally table[TABLE_SIZE];
static uint32_t used;
static bool overflowed;
uint32_t tally_system;

void *__real_object_create(struct account *payer, uint8_t type, size_t size);
void *__wrap_object_create(struct account *payer, uint8_t type, size_t size);
uint64_t __real_slab_give(void *memory, size_t size);
uint64_t __wrap_slab_give(void *memory, size_t size);

/* Objects are at least 64 bytes apart. */
static uint32_t place_of(const struct object *object)
{
    return (uint32_t)((uint64_t)object / 64 * 0x9e3779b97f4a7c15ul >> (64 - TABLE_BITS));
}

static uint32_t after(uint32_t place)
{
    return (place + 1) % TABLE_SIZE;
}

struct tally *tally_find(const struct object *object)
{
    uint32_t place = place_of(object);
    while (table[place].object && table[place].object != object)
        place = after(place);
    return table[place].object ? &table[place] : NULL;
}

struct tally *tally_next(uint32_t *cursor)
{
    while (*cursor < TABLE_SIZE)
        if (table[(*cursor)++].object)
            return &table[*cursor - 1];
    return NULL;
}

bool tally_complete(void)
{
    return !overflowed;
}

void tally_clear(void)
{
    uint32_t cursor = 0;
    struct tally *tally;
    while ((tally = tally_next(&cursor)))
        *tally = (struct tally){.object = tally->object};
    tally_system = 1; /* the kernel's own */
}

void tally_reference(const struct object *object)
{
    struct tally *tally = tally_find(object);
    if (object == &system_object)
        tally_system++;
    else if (tally)
        tally->references++;
    else
        check_failed("a reference leads to an object that is alive", object);
}

/* ---- What comes and goes. */

static void add(struct object *object)
{
    uint32_t place = place_of(object);
    if (used == MOST) {
        if (!overflowed)
            kprintf("check: more than %u objects: references are no longer counted\n", MOST);
        overflowed = true;
        return;
    }
    while (table[place].object)
        place = after(place);
    table[place].object = object;
    used++;
}

/* Entries behind it that would no longer be found move up. */
static void fill_hole(uint32_t hole)
{
    for (uint32_t place = after(hole); table[place].object; place = after(place)) {
        uint32_t wanted = place_of(table[place].object);
        if ((place - wanted) % TABLE_SIZE < (place - hole) % TABLE_SIZE)
            continue;
        table[hole] = table[place];
        hole = place;
    }
    table[hole].object = NULL;
}

void *__wrap_object_create(struct account *payer, uint8_t type, size_t size)
{
    struct object *object = __real_object_create(payer, type, size);
    if (object)
        add(object);
    return object;
}

uint64_t __wrap_slab_give(void *memory, size_t size)
{
    struct tally *tally = tally_find(memory);
    if (tally) {
        used--;
        fill_hole((uint32_t)(tally - table));
    }
    return __real_slab_give(memory, size);
}
