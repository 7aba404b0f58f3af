/* SPDX-License-Identifier: BSD-2-Clause */
/* Anonymous memory: where it may be, what may be done there, copy-on-write, budgets. */
/* qemu: 7.2 10 */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
#include <errno.h>
#include <string.h>
#include <anser/init.h>
#include "clock.h"
#include "memory.h"
#include "start.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define PAGE  ((uint64_t)MEMORY_PAGE)
#define R     ANSER_PROT_READ
#define W     ANSER_PROT_WRITE
#define X     ANSER_PROT_EXEC
#define FIXED ANSER_MAP_FIXED
#define NEW   ANSER_MAP_NOREPLACE
#define PLACE 0x3400000000ul /* nothing is there */

static int64_t map_at(uint64_t address, uint64_t length, uint64_t flags)
{
    struct sys_result result = sys_region_map(0, address, length, flags, 0, 0);
    return result.status < 0 ? result.status : (int64_t)result.value;
}

static int64_t unmap(uint64_t address, uint64_t length)
{
    return sys_region_unmap(0, address, length);
}

static volatile uint64_t *at(uint64_t address)
{
    return (volatile uint64_t *)address;
}

/* ---- Where. ---------------------------------------------------------------------------------- */

static void test_refused(void)
{
    static const struct {
        uint64_t address, length, flags;
        const char *what;
    } cases[] = {
        {0, 0, R, "no length"},
        {PLACE + 1, PAGE, R | FIXED, "an address inside a page"},
        {PLACE + 1, PAGE, R | NEW, "likewise"},
        {ANSER_USER_END, PAGE, R | FIXED, "an address above user space"},
        {ANSER_USER_END - PAGE, 2 * PAGE, R | FIXED, "a range that reaches above it"},
        {0xffffffc080200000, PAGE, R | FIXED, "the kernel's map"},
        {0xfffffffffffff000, PAGE, R | FIXED, "the last page"},
        {0xfffffffffffff000, 2 * PAGE, R | FIXED, "a range that wraps"},
        {PLACE, UINT64_MAX, R | FIXED, "a length that wraps"},
        {PLACE, UINT64_MAX - PAGE + 2, R | FIXED, "a length that wraps when it is rounded"},
        {0, UINT64_MAX, R, "likewise, anywhere"},
        {0, 1ul << 39, R, "more than there is"},
        {ANSER_KERNEL_SLOT, PAGE, R | FIXED, "the kernel's slot"},
        {0x80200000, PAGE, R | W | FIXED, "the kernel's text"},
        {0xbffff000, PAGE, R | NEW, "the end of the slot"},
        {0x7ffff000, 2 * PAGE, R | FIXED, "a range that reaches into the slot"},
        {0x7ffff000, 0x40002000, R | FIXED, "one that spans it"},
        {PLACE, PAGE, W | FIXED, "writable, not readable"},
        {PLACE, PAGE, R | W | X | FIXED, "writable and executable"},
        {PLACE, PAGE, W | X | FIXED, "the same, not readable"},
        {PLACE, PAGE, 8 | FIXED, "a right that is none"},
        {PLACE, PAGE, R | 0x40, "a flag that is none"},
        {PLACE, PAGE, R | 0x100, "nor this"},
        {PLACE, PAGE, R | 1ul << 40, "nor this"},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t got = map_at(cases[i].address, cases[i].length, cases[i].flags);
        int64_t expected = cases[i].length == 1ul << 39 ? -ENOMEM : -EINVAL;
        TEST(got == expected || got == -EINVAL, "%s is refused (%ld)", cases[i].what, (long)got);
    }
    TEST(unmap(PLACE + 8, PAGE) == -EINVAL && unmap(PLACE, 0) == -EINVAL &&
             unmap(ANSER_KERNEL_SLOT, PAGE) == -EINVAL && unmap(ANSER_USER_END, PAGE) == -EINVAL &&
             unmap(PLACE, UINT64_MAX) == -EINVAL,
         "unmapping is as strict");
    TEST(unmap(PLACE, PAGE) == 0, "but finding nothing there is no error");
}

static void test_places(void)
{
    int64_t first = map_at(0, PAGE, R | W), second = map_at(0, 3 * PAGE + 1, R | W);
    TEST(first > 0 && second > 0 && first != second, "two regions, somewhere");
    *at((uint64_t)second + 3 * PAGE) = 5;
    TEST(*at((uint64_t)second + 3 * PAGE) == 5, "the length is rounded up to pages");
    TEST(*at((uint64_t)first) == 0 && *at((uint64_t)second) == 0, "they are zero");
    *at((uint64_t)first) = 1;
    TEST(map_at((uint64_t)first, PAGE, R | NEW) == -EEXIST, "NOREPLACE on one of them: EEXIST");
    TEST(map_at((uint64_t)first - PAGE, 3 * PAGE, R | NEW) == -EEXIST, "or over one");
    TEST(*at((uint64_t)first) == 1, "changes nothing");
    int64_t hint = map_at((uint64_t)first, PAGE, R | W);
    TEST(hint > 0 && hint != first && *at((uint64_t)first) == 1, "a hint that is taken: elsewhere");
    TEST(map_at(PLACE, PAGE, R | W) == (int64_t)PLACE, "a hint that is free: there");
    TEST(map_at((uint64_t)first, PAGE, R | W | FIXED) == first && *at((uint64_t)first) == 0,
         "FIXED replaces it with zeros");
    int64_t large = map_at(0, 2ul << 20, R | W);
    TEST(large > 0 && large % (2l << 20) == 0, "2 MiB are aligned to 2 MiB");
    int64_t huge = map_at(0, 64ul << 30, R | W);
    TEST(huge > 0, "64 GiB can be reserved");
    TEST(huge + (64l << 30) <= (long)ANSER_KERNEL_SLOT ||
             huge >= (long)(ANSER_KERNEL_SLOT + ANSER_KERNEL_SLOT_SIZE),
         "clear of the kernel's slot");
    unmap((uint64_t)first, PAGE);
    unmap((uint64_t)second, 4 * PAGE);
    unmap((uint64_t)hint, PAGE);
    unmap(PLACE, PAGE);
    unmap((uint64_t)large, 2ul << 20);
    TEST(unmap((uint64_t)huge, 64ul << 30) == 0, "and given back");
}

/* ---- What happens at an access. -------------------------------------------------------------- */

static int64_t load(uint64_t address)
{
    return (int64_t)*at(address);
}

static int64_t store(uint64_t address)
{
    *at(address) = 1;
    return 0;
}

/* Each prepares PLACE in a child, then accesses it. */
static int64_t load_unmapped(uint64_t offset)
{
    map_at(PLACE, 4 * PAGE, R | W | FIXED);
    for (uint64_t i = 0; i < 4; i++)
        *at(PLACE + i * PAGE) = i + 1;
    unmap(PLACE + PAGE, 2 * PAGE);
    return load(PLACE + offset);
}

static int64_t load_hidden(uint64_t address)
{
    map_at(PLACE, PAGE, R | W | FIXED);
    *at(PLACE) = 1;
    sys_region_protect(0, PLACE, PAGE, ANSER_PROT_NONE);
    return load(address);
}

static int64_t store_protected(uint64_t address)
{
    map_at(PLACE, PAGE, R | W | FIXED);
    *at(PLACE) = 1;
    sys_region_protect(0, PLACE, PAGE, R);
    if (load(PLACE) != 1)
        return 5;
    return store(address);
}

static int64_t store_read_only(uint64_t address)
{
    map_at(PLACE, PAGE, R | FIXED);
    return load(PLACE) == 0 ? store(address) : 5;
}

static int64_t run_data(uint64_t address)
{
    map_at(PLACE, PAGE, R | W | FIXED);
    *(volatile uint32_t *)PLACE = 0x00008067; /* ret */
    ((void (*)(void))address)();
    return 0;
}

static void check_fault(int64_t (*function)(uint64_t), uint64_t argument, uint64_t address,
                        uint64_t cause, const char *what)
{
    struct child_end end = child_run(function, argument, NULL);
    TEST(end.reason == ANSER_EXIT_FAULT && end.status == ANSER_FAULT_ACCESS &&
             end.value == address && end.cause == cause,
         "%s: a fault (status %ld, cause %lu, address %#lx)", what, (long)end.status, end.cause,
         end.value);
}

static void test_access(void)
{
    TEST(child_run(load_unmapped, 0, NULL).status == 1, "below what was unmapped all is there");
    TEST(child_run(load_unmapped, 3 * PAGE, NULL).status == 4, "and above");
    check_fault(load_unmapped, PAGE, PLACE + PAGE, 13, "the first page that was unmapped");
    check_fault(load_unmapped, 2 * PAGE + 16, PLACE + 2 * PAGE + 16, 13, "the second one");
    check_fault(load_hidden, PLACE, PLACE, 13, "a load without rights");
    check_fault(store_protected, PLACE, PLACE, 15, "a store after protect");
    check_fault(store_read_only, PLACE, PLACE, 15, "a store to what never was writable");
    check_fault(run_data, PLACE, PLACE, 12, "a jump to data");
}

static void test_protect(void)
{
    map_at(PLACE, 3 * PAGE, R | W | NEW);
    for (uint64_t i = 0; i < 3; i++)
        *at(PLACE + i * PAGE) = 10 + i;
    TEST(sys_region_protect(0, PLACE + PAGE, PAGE, ANSER_PROT_NONE) == 0, "the middle is hidden");
    TEST(*at(PLACE) == 10 && *at(PLACE + 2 * PAGE) == 12, "its neighbours are not");
    TEST(sys_region_protect(0, PLACE, 3 * PAGE, R | W) == 0 && *at(PLACE + PAGE) == 11,
         "and comes back as it was");
    TEST(sys_region_protect(0, PLACE, PAGE, W) == -EINVAL &&
             sys_region_protect(0, PLACE, PAGE, R | W | X) == -EINVAL &&
             sys_region_protect(0, PLACE, PAGE, W | X) == -EINVAL &&
             sys_region_protect(0, PLACE, PAGE, 8) == -EINVAL,
         "rights that cannot be: EINVAL");
    TEST(sys_region_protect(0, PLACE + 4, PAGE, R) == -EINVAL &&
             sys_region_protect(0, ANSER_KERNEL_SLOT, PAGE, R) == -EINVAL,
         "places that cannot be: EINVAL");
    TEST(sys_region_protect(0, PLACE + 2 * PAGE, 2 * PAGE, R | W) == -EFAULT,
         "over a hole: EFAULT");
    TEST(sys_region_protect(0, PLACE, PAGE, R) == 0 &&
             sys_region_protect(0, PLACE, PAGE, R | X) == 0,
         "data may become code, not both at a time");
    unmap(PLACE, 3 * PAGE);
}

static void test_decommit(void)
{
    struct anser_system_info before, after;
    anser_handle system = start_handle(START_SYSTEM);
    map_at(PLACE, 64 * PAGE, R | W | NEW);
    for (uint64_t i = 0; i < 64; i++)
        *at(PLACE + i * PAGE) = 7;
    sys_system_info(system, ANSER_INFO_SYSTEM, 0, &before, sizeof(before));
    TEST(sys_region_decommit(0, PLACE + PAGE, 62 * PAGE) == 0, "62 of 64 pages are decommitted");
    sys_system_info(system, ANSER_INFO_SYSTEM, 0, &after, sizeof(after));
    TEST(after.frames_free == before.frames_free + 62, "and are free");
    bool good = *at(PLACE) == 7 && *at(PLACE + 63 * PAGE) == 7;
    for (uint64_t i = 1; i < 63; i++)
        good &= *at(PLACE + i * PAGE) == 0;
    TEST(good, "they read as zero, the others as before");
    TEST(sys_region_decommit(0, PLACE + 60 * PAGE, 8 * PAGE) == -EFAULT, "over a hole: EFAULT");
    TEST(sys_region_decommit(0, PLACE + 1, PAGE) == -EINVAL, "inside a page: EINVAL");
    unmap(PLACE, 64 * PAGE);
}

/* Many page tables with a page each: more than one piece of the call looks at, though it clears
 * little. */
static void test_decommit_sparse(void)
{
    const uint64_t tables = 16, span = 512 * PAGE;
    bool good = true;
    map_at(PLACE, tables * span, R | W | NEW);
    for (uint64_t i = 0; i < tables; i++)
        *at(PLACE + i * span) = 7;
    TEST(sys_region_decommit(0, PLACE, tables * span) == 0, "a sparse range is decommitted");
    for (uint64_t i = 0; i < tables; i++)
        good &= *at(PLACE + i * span) == 0;
    TEST(good, "all of it");
    unmap(PLACE, tables * span);
}

/* Code that is written, run, rewritten and run again. */
static void test_code(void)
{
    uint32_t *code = (uint32_t *)map_at(0, PAGE, R | W);
    bool good = true;
    for (uint32_t i = 0; i < 50; i++) {
        code[0] = 0x00000513 | i << 20; /* li a0, i */
        code[1] = 0x00008067;           /* ret */
        good &= sys_region_protect(0, (uint64_t)code, PAGE, R | X) == 0;
        good &= ((uint32_t(*)(void))(uintptr_t)code)() == i;
        good &= sys_region_protect(0, (uint64_t)code, PAGE, R | W) == 0;
    }
    TEST(good, "code that is written is what runs");
    unmap((uint64_t)code, PAGE);
}

/* ---- Reservations. --------------------------------------------------------------------------- */

static void test_reservation(void)
{
    struct anser_system_info before, after;
    anser_handle system = start_handle(START_SYSTEM);
    uint64_t size = 512ul << 20;
    sys_system_info(system, ANSER_INFO_SYSTEM, 0, &before, sizeof(before));
    int64_t place = map_at(0, size, R | W);
    TEST(place > 0, "512 MiB are reserved in a process of 16 MiB");
    sys_system_info(system, ANSER_INFO_SYSTEM, 0, &after, sizeof(after));
    TEST(after.frames_free + 1 >= before.frames_free, "which costs no more than a small object");
    for (uint64_t i = 0; i < 4; i++)
        *at((uint64_t)place + i * (size / 4) + 8 * PAGE) = i;
    sys_system_info(system, ANSER_INFO_SYSTEM, 0, &after, sizeof(after));
    uint64_t used = before.frames_free - after.frames_free;
    TEST(used >= 4 && used <= 4 + 4 + 2, "four pages touched far apart, %lu frames used", used);
    TEST(unmap((uint64_t)place, size) == 0, "unmapped");
    sys_system_info(system, ANSER_INFO_SYSTEM, 0, &after, sizeof(after));
    TEST(before.frames_free - after.frames_free <= 2, "all but perhaps a page table is back");
}

static void test_recycled(void)
{
    uint64_t pages = 1500;
    bool good = true;
    for (int round = 0; round < 3; round++) {
        int64_t place = map_at(0, pages * PAGE, R | W);
        for (uint64_t i = 0; i < pages && place > 0; i++) {
            uint64_t *words = (uint64_t *)((uint64_t)place + i * PAGE);
            for (uint64_t j = 0; j < PAGE / 8; j += 8)
                good &= words[j] == 0 && words[j + 7] == 0;
            memset(words, 0xa5, PAGE);
        }
        unmap((uint64_t)place, pages * PAGE);
    }
    TEST(good, "%lu pages come back three times, always zero", pages);
}

/* ---- Copy-on-write. -------------------------------------------------------------------------- */

#define COPIED 100

static int64_t copy(anser_handle to, uint64_t to_address, uint64_t from, uint64_t pages,
                    uint64_t prot)
{
    return sys_region_copy(to, to_address, from, pages * PAGE, prot);
}

static void test_copy(void)
{
    struct anser_system_info before, after;
    anser_handle system = start_handle(START_SYSTEM);
    uint64_t from = PLACE, to = PLACE + (1ul << 30);
    map_at(from, COPIED * PAGE, R | W | NEW);
    for (uint64_t i = 0; i < COPIED; i += 2)
        *at(from + i * PAGE) = i; /* every second one: the others were never touched */
    sys_system_info(system, ANSER_INFO_SYSTEM, 0, &before, sizeof(before));
    TEST(copy(0, to, from, COPIED, R | W) == 0, "%d pages are copied", COPIED);
    sys_system_info(system, ANSER_INFO_SYSTEM, 0, &after, sizeof(after));
    TEST(before.frames_free - after.frames_free <= 4, "for no more than page tables");
    *at(from) = 1000;
    *at(to + 2 * PAGE) = 2000;
    *at(from + PAGE) = 3000;
    *at(to + 3 * PAGE) = 4000;
    TEST(*at(to) == 0 && *at(from + 2 * PAGE) == 2, "writes to touched pages stay on their side");
    TEST(*at(to + PAGE) == 0 && *at(from + 3 * PAGE) == 0, "and those to untouched ones");
    bool good = true;
    for (uint64_t i = 4; i < COPIED; i++)
        good &= *at(to + i * PAGE) == (i % 2 ? 0 : i) && *at(from + i * PAGE) == (i % 2 ? 0 : i);
    TEST(good, "everything else is the same");
    unmap(from, COPIED * PAGE);
    TEST(*at(to + 10 * PAGE) == 10, "the copy outlives its source");
    *at(to + 10 * PAGE) = 11;
    TEST(copy(0, from, to, COPIED, R) == 0 && *at(from + 10 * PAGE) == 11, "and is copied back");
    TEST(copy(0, from, to, 1, R | W) == 0 && *at(from + 10 * PAGE) == 11,
         "a copy replaces just its own range");
    unmap(from, COPIED * PAGE);
    unmap(to, COPIED * PAGE);
}

static void test_copy_refused(void)
{
    uint64_t to = PLACE + (1ul << 30);
    anser_handle pages = sys_pages_create(1, 0, 0);
    map_at(PLACE, 4 * PAGE, R | W | NEW);
    TEST(copy(0, PLACE + 2 * PAGE, PLACE, 4, R) == -EINVAL, "onto itself: EINVAL");
    TEST(copy(0, to, PLACE, 5, R) == -EFAULT, "from a hole: EFAULT");
    TEST(copy(0, to, PLACE, 1, R | W | X) == -EINVAL && copy(0, to, PLACE, 1, W) == -EINVAL,
         "with rights that cannot be: EINVAL");
    TEST(copy(0, ANSER_KERNEL_SLOT, PLACE, 1, R) == -EINVAL &&
             copy(0, to, 0x80200000, 1, R) == -EINVAL &&
             copy(0, to, 0xffffffc080200000, 1, R) == -EINVAL,
         "into the kernel or from it: EINVAL");
    TEST(copy(0, to + 8, PLACE, 1, R) == -EINVAL && copy(0, to, PLACE + 8, 1, R) == -EINVAL,
         "inside pages: EINVAL");
    TEST(copy(12345, to, PLACE, 1, R) == -EBADF, "to no process: EBADF");
    sys_region_map(0, PLACE, PAGE, R | W | FIXED, pages, 0);
    TEST(copy(0, to, PLACE, 1, R) == -EINVAL, "of an object's pages: EINVAL");
    unmap(PLACE, 4 * PAGE);
    unmap(to, 8 * PAGE);
    handle_close(pages);
}

/* Parent and child see the same page until one of them writes. */
static volatile uint64_t shared_word;

static int64_t see_and_write(uint64_t expected)
{
    uint64_t seen = shared_word;
    shared_word = 999;
    send_word(child_handles[0], seen, CLOCK_NEVER);
    receive_word(child_handles[1], CLOCK_NEVER);
    return seen == expected && shared_word == 999 ? 0 : 1;
}

static void test_copy_between_processes(void)
{
    struct channel up = make_channel(8, 0), down = make_channel(8, 0);
    struct child child;
    struct child_options options = {.handle_count = 2, .handles = {up.send, down.receive}};
    shared_word = 123;
    child_start(&child, see_and_write, 123, &options);
    TEST(receive_word(up.receive, CLOCK_NEVER) == 123, "a child sees what its parent wrote");
    TEST(shared_word == 123, "the parent does not see what the child writes");
    shared_word = 124;
    send_word(down.send, 1, CLOCK_NEVER);
    TEST(child_wait(&child).status == 0, "nor the child what the parent writes later");
    handle_close(up.receive);
    handle_close(down.send);
}

/* ---- Budgets. -------------------------------------------------------------------------------- */

static int64_t touch_until_fault(uint64_t place)
{
    map_at(place, 4096 * PAGE, R | W | FIXED);
    for (uint64_t i = 0; i < 4096; i++)
        *at(place + i * PAGE) = 1;
    return 0;
}

static int64_t create_until_error(uint64_t argument)
{
    (void)argument;
    int64_t status;
    unsigned made = 0;
    while ((status = sys_pages_create(1, 0, 0)) > 0)
        made++;
    if (status != -ENOMEM || made < 10 || sys_chan_create(4096, 4).status != -ENOMEM)
        return 1;
    /* What is there still works. */
    return shared_word == 124 && sys_null() == 0 ? 0 : 2;
}

static void test_budget(void)
{
    struct child_options options = {.budget_pages = 150};
    struct child_end end = child_run(touch_until_fault, PLACE, &options);
    TEST(end.reason == ANSER_EXIT_FAULT && end.status == ANSER_FAULT_BUDGET && end.cause == 15,
         "touching more than the budget: a fault of that kind");
    TEST(end.value > PLACE + 16 * PAGE && end.value < PLACE + 150 * PAGE, "after %lu pages of 150",
         (end.value - PLACE) / PAGE);
    end = child_run(create_until_error, 0, &options);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 0, "making more than the budget: ENOMEM");
    struct anser_process_params params = {.name = "rich", .budget_pages = 1ul << 40};
    TEST(sys_process_create(&params) == -ENOMEM, "nobody can give what it has not got: ENOMEM");
    params.budget_pages = UINT64_MAX;
    int64_t status = sys_process_create(&params);
    TEST(status == -ENOMEM || status == -EINVAL, "nor numbers that wrap");
    params.budget_pages = 0;
    TEST(sys_process_create(&params) == -ENOMEM, "and of nothing, nothing is made");
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_refused();
        test_places();
        test_access();
        test_protect();
        test_decommit();
        test_decommit_sparse();
        test_code();
        test_reservation();
        test_recycled();
        test_copy();
        test_copy_refused();
        test_copy_between_processes();
        test_budget();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
