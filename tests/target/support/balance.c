/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the books. */
#include <stdio.h>
#include <string.h>
#include <anser/init.h>
#include "balance.h"
#include "clock.h"
#include "start.h"
#include "syscall.h"

#define STILL_MS    5
#define PATIENCE_MS 3000
#define SLABS_MORE  2

static struct balance read_books(void)
{
    struct anser_system_info info;
    memset(&info, 0, sizeof(info));
    sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    return (struct balance){
        .free = info.frames_free,
        .tables = info.frames_tables,
        .slab = info.frames_slab,
        .handles = info.handles,
        .objects = info.kernel_objects,
        .processes = info.processes,
        .threads = info.threads,
    };
}

static bool same(const struct balance *a, const struct balance *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static bool without_tables;
static uint64_t slabs_more; /* that may be there, half empty */

/* As balance_is is to compare them. */
static struct balance books_to_compare(const struct balance *before)
{
    struct balance books = read_books();
    if (without_tables) {
        books.free += books.tables;
        books.tables = 0;
    }
    if (books.slab > before->slab && books.slab <= before->slab + slabs_more) {
        books.free += books.slab - before->slab;
        books.slab = before->slab;
    }
    return books;
}

struct balance balance_now(void)
{
    struct balance books = read_books(), later;
    uint64_t end = clock_after(PATIENCE_MS);
    do {
        clock_sleep(STILL_MS);
        later = books;
        books = read_books();
    } while (!same(&books, &later) && clock_now() < end);
    return books;
}

static void show(const char *what, uint64_t before, uint64_t now)
{
    if (before != now)
        printf("# %s: %lu before, %lu now\n", what, before, now);
}

bool balance_is(const struct balance *before)
{
    struct balance now = books_to_compare(before);
    uint64_t end = clock_after(PATIENCE_MS);
    while (!same(&now, before) && clock_now() < end) {
        clock_sleep(1);
        now = books_to_compare(before);
    }
    show("free frames", before->free, now.free);
    show("page tables", before->tables, now.tables);
    show("slabs", before->slab, now.slab);
    show("handles", before->handles, now.handles);
    show("objects", before->objects, now.objects);
    show("processes", before->processes, now.processes);
    show("threads", before->threads, now.threads);
    return same(&now, before);
}

bool balance_is_but_tables(const struct balance *before)
{
    struct balance books = *before;
    books.free += books.tables;
    books.tables = 0;
    without_tables = true;
    bool good = balance_is(&books);
    without_tables = false;
    return good;
}

bool balance_is_but_places(const struct balance *before)
{
    slabs_more = SLABS_MORE;
    bool good = balance_is_but_tables(before);
    slabs_more = 0;
    return good;
}
