/* SPDX-License-Identifier: BSD-2-Clause */
/* Handle tables: stale handles, growth, reservation, and slots whose generations are used up. */
/* sources: kern/handle.c */
#include <stdlib.h>
#include <string.h>
#include "ipc/channel.h"
#include "kern/frame.h"
#include "kern/panic.h"
#include "kern/process.h"
#include "kern/space.h"
#include "tests/host/tap.h"

/* ---- The rooms around the table, as small as they can be. */

uint64_t direct_map_base;
volatile uint32_t panic_begun;
static uint64_t blocks;
static struct account account;

_Noreturn void panic(const char *format, ...)
{
    printf("# panic: %s\n", format);
    exit(1);
}

static const struct object_type types[ANSER_TYPE_THREAD + 1]; /* nobody counts */
const struct object_type *object_types = types;

void object_reference(struct object *object)
{
    object->references++;
}

void object_release(struct object *object)
{
    object->references--;
}

void account_discharge(struct account *payer, uint64_t bytes)
{
    payer->used -= bytes;
}

bool frame_alloc(unsigned order, phys_t *out)
{
    out->value = (uint64_t)aligned_alloc(PAGE_SIZE, PAGE_SIZE << order);
    blocks++;
    return true;
}

void frame_free(unsigned order, phys_t frame)
{
    (void)order;
    free((void *)frame.value);
    blocks--;
}

/* ---- The tests. */

static struct process process;
static struct object object = {.type = ANSER_TYPE_THREAD, .references = 1};

static anser_handle insert(void)
{
    struct capability capability = {.object = &object, .rights = ANSER_RIGHT_MANAGE};
    status_t handle = handle_insert(&process.handles, &capability);
    if (handle >= 0)
        object.references++;
    return handle;
}

static status_t look(anser_handle handle, uint8_t type, uint64_t rights)
{
    struct capability capability;
    return handle_lookup(&process, handle, type, rights, &capability);
}

static void test_lookup(void)
{
    struct capability capability;
    anser_handle handle = insert();
    TEST(handle > 0, "a handle is positive");
    TEST(look(handle, ANSER_TYPE_THREAD, ANSER_RIGHT_MANAGE) == 0, "type and right match");
    TEST(look(handle, ANSER_TYPE_PAGES, 0) == -ANSER_EBADF, "another type is no such handle");
    TEST(look(handle, 0, ANSER_RIGHT_SEND) == -ANSER_EPERM, "a right that it lacks");
    TEST(look(handle + 1, 0, 0) == -ANSER_EBADF, "the low bits count");
    TEST(look(handle + (1l << 40), 0, 0) == -ANSER_EBADF, "the generation counts");
    TEST(look(0, 0, 0) == -ANSER_EBADF && look(-handle, 0, 0) == -ANSER_EBADF, "0 and negative");
    TEST(handle_take(&process, handle, &capability) == 0, "take");
    TEST(look(handle, 0, 0) == -ANSER_EBADF, "a taken handle is stale");
    anser_handle next = insert();
    TEST((next & 0xffffffff) == (handle & 0xffffffff) && next != handle,
         "the slot comes again, the handle does not");
    TEST(look(handle, 0, 0) == -ANSER_EBADF, "the stale one stays stale");
    handle_take(&process, next, &capability);
}

static void test_growth(void)
{
    static anser_handle handles[ANSER_HANDLES_MAX];
    unsigned wrong = 0;
    for (unsigned i = 0; i < ANSER_HANDLES_MAX; i++)
        handles[i] = insert();
    for (unsigned i = 0; i < ANSER_HANDLES_MAX; i++)
        wrong += look(handles[i], ANSER_TYPE_THREAD, 0) != 0;
    TEST(wrong == 0, "all %u handles are found after growth", ANSER_HANDLES_MAX);
    TEST(insert() == -ANSER_EMFILE, "one more is -EMFILE");
    TEST(handle_reserve(&process.handles, 1) == -ANSER_EMFILE, "so is a reservation");
    TEST(blocks == 1, "the smaller tables are freed");
    for (unsigned i = 0; i < ANSER_HANDLES_MAX; i++) {
        struct capability capability;
        handle_take(&process, handles[i], &capability);
    }
    TEST(process.handles.used == 0, "empty again");
}

static void test_generations(void)
{
    struct capability capability;
    anser_handle handle = insert();
    uint32_t index = (uint32_t)handle >> ANSER_HANDLE_SHIFT;
    handle_take(&process, handle, &capability);
    process.handles.records[index].generation = 0x7ffffffe;
    anser_handle last = insert();
    TEST(last >> 32 == 0x7ffffffe, "the last generation is used");
    handle_take(&process, last, &capability);
    bool seen = false;
    static anser_handle handles[ANSER_HANDLES_MAX];
    for (unsigned i = 0; i < ANSER_HANDLES_MAX; i++) {
        handles[i] = insert();
        seen |= handles[i] > 0 && (uint32_t)handles[i] >> ANSER_HANDLE_SHIFT == index;
    }
    TEST(!seen, "a slot without generations is retired");
    TEST(handles[ANSER_HANDLES_MAX - 1] == -ANSER_EMFILE, "and the table is one slot smaller");
}

static void test_reclaim(void)
{
    unsigned pieces = 1;
    while (!handle_table_reclaim(&process.handles))
        pieces++;
    TEST(pieces > 4, "a full table is closed in pieces (%u)", pieces);
    TEST(blocks == 0 && account.used == 0, "and everything is returned");
}

int main(void)
{
    TEST(handle_table_init(&process.handles, &account) == -ANSER_ENOMEM, "no budget, no table");
    account.limit = 1 << 20;
    TEST(handle_table_init(&process.handles, &account) == 0, "a table");
    test_lookup();
    test_growth();
    test_generations();
    test_reclaim();
    return tap_done();
}
