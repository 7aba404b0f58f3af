/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which objects there are. The kernel itself keeps no list of them, so this stands between it and
 * object_create, and the slab allocator that frees them: an array without gaps, and a hash table
 * that finds an address in it.
 */
#include "kern/check.h"
#include "kern/log.h"
#include "kern/slab.h"
#include "kern/system.h"

#define TABLE_BITS 14
#define TABLE_SIZE (1u << TABLE_BITS)
#define MOST       (TABLE_SIZE / 4 * 3)

static struct tally tallies[MOST];
static uint16_t table[TABLE_SIZE]; /* place in the array + 1; 0: free */
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

/* Where in the hash table the object stands, or the free entry where it would. */
static uint32_t find(const struct object *object)
{
    uint32_t place = place_of(object);
    while (table[place] && tallies[table[place] - 1].object != object)
        place = after(place);
    return place;
}

struct tally *tally_find(const struct object *object)
{
    uint32_t place = find(object);
    return table[place] ? &tallies[table[place] - 1] : NULL;
}

struct tally *tally_next(uint32_t *cursor)
{
    return *cursor < used ? &tallies[(*cursor)++] : NULL;
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
    if (used == MOST) {
        if (!overflowed)
            kprintf("check: more than %u objects: references are no longer counted\n", MOST);
        overflowed = true;
        return;
    }
    tallies[used++] = (struct tally){.object = object};
    table[find(object)] = (uint16_t)used;
}

/* Entries of the hash table that would no longer be found move up. */
static void fill_hole(uint32_t hole)
{
    table[hole] = 0;
    for (uint32_t place = after(hole); table[place]; place = after(place)) {
        uint32_t wanted = place_of(tallies[table[place] - 1].object);
        if ((place - wanted) % TABLE_SIZE < (place - hole) % TABLE_SIZE)
            continue;
        table[hole] = table[place];
        table[place] = 0;
        hole = place;
    }
}

/* The last one takes its place in the array. */
static void drop(struct tally *tally)
{
    const struct tally *last = &tallies[used - 1];
    fill_hole(find(tally->object));
    if (last != tally) {
        table[find(last->object)] = (uint16_t)(tally - tallies + 1);
        *tally = *last;
    }
    used--;
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
    if (tally)
        drop(tally);
    return __real_slab_give(memory, size);
}
