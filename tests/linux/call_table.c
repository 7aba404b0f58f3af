/* SPDX-License-Identifier: BSD-2-Clause */
/* Going through a table of bad calls. */
#include "call_table.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE       4096
#define VALUES_MAX 16

struct places places;

struct values {
    unsigned count;
    uint64_t value[VALUES_MAX];
};

int bad_calls_prepare(void)
{
    char *all = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return -1;
    memset(all, 'x', 8 * PAGE);
    places.good = all;
    places.edge = all + 2 * PAGE - 4;
    places.read_only = all + 4 * PAGE;
    places.no_access = all + 6 * PAGE;
    return munmap(all + 2 * PAGE, PAGE) || munmap(all + 3 * PAGE, PAGE) ||
                   munmap(all + 5 * PAGE, PAGE) || munmap(all + 7 * PAGE, PAGE) ||
                   mprotect(places.read_only, PAGE, PROT_READ) ||
                   mprotect(places.no_access, PAGE, PROT_NONE)
               ? -1
               : 0;
}

long raw_call(long number, const uint64_t arguments[6])
{
    /* syscall() has -1 and errno; no call here returns between -1 and -4095 otherwise. */
    long result = syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
                          arguments[4], arguments[5]);
    return result == -1 ? -errno : result;
}

static void add(struct values *values, uint64_t value)
{
    values->value[values->count++] = value;
}

/* Nothing is mapped at any of these, on Linux as on Anser: below the first program, above the last,
 * in the kernel's half, where a personality of Anser lies, and where addresses cannot be. */
static void add_unmapped(struct values *values)
{
    add(values, 0);
    add(values, 1);
    add(values, 0xfff);
    add(values, AT(places.good + 2 * PAGE));
    add(values, AT(places.no_access));
    add(values, 0x3e00000000);
    add(values, 0x3e20000008);
    add(values, (uint64_t)-4096);
    add(values, (uint64_t)-8);
    add(values, 0xffffffd600000000);
    add(values, 0x8000000000000000);
}

static struct values values_of(uint64_t argument)
{
    struct values values = {.count = 0};
    switch (argument) {
    case BAD_NAME:
        add(&values, AT(places.edge)); /* no NUL before the end of the page */
        /* fall through */
    case BAD_IN:
        add_unmapped(&values);
        break;
    case BAD_OUT:
        add_unmapped(&values);
        add(&values, AT(places.read_only));
        break;
    case BAD_FD:
        add(&values, (uint64_t)-1);
        add(&values, 900);
        add(&values, 0x7fffffff);
        add(&values, 0x80000000);
        add(&values, 0xfffff000);
        break;
    default:
        add(&values, argument);
    }
    return values;
}

static unsigned try_one(const struct bad_call *call, unsigned *wrong)
{
    unsigned marked = 0;
    while (marked < 5 && (call->arguments[marked] >> 16) != (BAD_IN >> 16))
        marked++;
    struct values values = values_of(call->arguments[marked]);
    for (unsigned i = 0; i < values.count; i++) {
        struct bad_call now = *call;
        now.arguments[marked] = values.value[i];
        long result = raw_call(now.number, now.arguments);
        if (result == call->expected)
            continue;
        (*wrong)++;
        printf("# %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx) = %ld, not %ld\n", now.name,
               now.arguments[0], now.arguments[1], now.arguments[2], now.arguments[3],
               now.arguments[4], now.arguments[5], result, call->expected);
    }
    return values.count;
}

unsigned bad_calls_try(const struct bad_call *calls, size_t count, unsigned *wrong)
{
    unsigned made = 0;
    for (size_t i = 0; i < count; i++)
        made += try_one(&calls[i], wrong);
    return made;
}
