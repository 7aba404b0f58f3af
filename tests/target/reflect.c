/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread's own handler: foreign calls, faults, interruptions; what it may not do. */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
/* sources: tests/target/support/task.c tests/target/support/handler.S */
/* sources: tests/target/support/registers.S */
#include <errno.h>
#include "clock.h"
#include "memory.h"
#include "support/balance.h"
#include "support/caller.h"
#include "support/child.h"
#include "support/handler.h"
#include "support/registers.h"
#include "syscall.h"
#include "tap.h"

#define PAGE    ((uint64_t)MEMORY_PAGE)
#define PLACE   0x3500000000ul /* of handlers: a guard, the save page, the stack, a guard */
#define NOWHERE 0x3600000000ul

/* ---- The handler: does what the test at hand wants of it. ------------------------------------ */

static struct anser_frame seen, seen_nested; /* at the last entry */
static uint32_t entries, nested_entries;
static void (*at_entry)(struct anser_frame *frame);
static void (*at_nested)(struct anser_frame *frame);

void on_foreign(struct anser_frame *frame)
{
    seen = *frame;
    __atomic_add_fetch(&entries, 1, __ATOMIC_SEQ_CST);
    if (at_entry != NULL)
        at_entry(frame);
}

void on_nested(struct anser_frame *frame)
{
    seen_nested = *frame;
    nested_entries++;
    if (at_nested != NULL)
        at_nested(frame);
}

static void skip(struct anser_frame *frame)
{
    frame->pc += 4;
}

static int64_t install(uint64_t address)
{
    struct anser_handler_params params = {.entry = (uint64_t)handler_entry,
                                          .nested = (uint64_t)handler_nested_entry,
                                          .address = address,
                                          .stack_pages = HANDLER_STACK_PAGES};
    struct sys_result result = sys_thread_handler(&params);
    return result.status < 0 ? result.status : (int64_t)result.value;
}

/* ---- Installing one. ------------------------------------------------------------------------- */

static int64_t install_badly(uint64_t argument)
{
    (void)argument;
    static const struct {
        uint64_t address, stack_pages;
        int64_t expected;
    } cases[] = {
        {PLACE, 0, -EINVAL},
        {PLACE, 17, -EINVAL},
        {PLACE, UINT64_MAX, -EINVAL},
        {PLACE + 8, 1, -EINVAL},
        {0, 1, -EINVAL},
        {ANSER_KERNEL_SLOT, 1, -EINVAL},
        {0x80200000, 1, -EINVAL},
        {ANSER_KERNEL_SLOT - PAGE, 1, -EINVAL},
        {ANSER_USER_END, 1, -EINVAL},
        {ANSER_USER_END - 2 * PAGE, 1, -EINVAL},
        {-PAGE, 1, -EINVAL},
        {CHILD_STACK - 4 * PAGE, 1, -EEXIST},
        {CHILD_STACK, 1, -EEXIST}, /* the guard below would be the stack's last page */
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct anser_handler_params params = {.entry = 1,
                                              .nested = 1,
                                              .address = cases[i].address,
                                              .stack_pages = cases[i].stack_pages};
        if (sys_thread_handler(&params).status != cases[i].expected)
            return i + 1;
    }
    if (sys_thread_handler((void *)NOWHERE).status != -EFAULT)
        return 20;
    if (sys_thread_interrupt(0) != -EINVAL)
        return 21;
    if (install(PLACE) != (int64_t)PLACE)
        return 22;
    return install(PLACE + 16 * PAGE) == -EBUSY ? 0 : 23;
}

static int64_t touch_pinned(uint64_t argument)
{
    (void)argument;
    uint64_t fresh = NOWHERE;
    install(PLACE);
    struct anser_save_page *save = (struct anser_save_page *)PLACE;
    save->frames[0].pc = 1; /* its own to write, and of no meaning outside a handler */
    sys_region_map(0, fresh, PAGE, ANSER_PROT_READ | ANSER_PROT_WRITE | ANSER_MAP_FIXED, 0, 0);
    for (uint64_t at = PLACE - PAGE; at < PLACE + (HANDLER_STACK_PAGES + 2) * PAGE; at += PAGE) {
        if (sys_region_unmap(0, at, PAGE) != -EBUSY)
            return 1;
        if (sys_region_protect(0, at, PAGE, ANSER_PROT_READ) != -EBUSY)
            return 2;
        if (sys_region_decommit(0, at, PAGE) != -EBUSY)
            return 3;
        if (sys_region_map(0, at, PAGE, ANSER_PROT_READ | ANSER_MAP_FIXED, 0, 0).status != -EBUSY)
            return 4;
        if (sys_region_map(0, at, PAGE, ANSER_PROT_READ | ANSER_MAP_NOREPLACE, 0, 0).status !=
            -EEXIST)
            return 5;
        if (sys_region_copy(0, at, fresh, PAGE, ANSER_PROT_READ) != -EBUSY)
            return 6;
        if (sys_region_copy(0, NOWHERE + PAGE, at, PAGE, ANSER_PROT_READ) != -EINVAL)
            return 7;
    }
    if (sys_region_unmap(0, PLACE - 8 * PAGE, 64 * PAGE) != -EBUSY)
        return 8;
    return save->frames[0].pc == 1 ? 0 : 9;
}

static void test_install(void)
{
    struct child_end end = child_run(install_badly, 0, NULL);
    TEST(end.status == 0, "where a handler cannot be (step %ld)", (long)end.status);
    end = child_run(touch_pinned, 0, NULL);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 0,
         "its pages cannot be taken away, nor its guards (step %ld)", (long)end.status);
    struct registers registers = {.x[X_A7] = (uint64_t)ANSER_CALL_thread_resume};
    registers_trap(&registers);
    TEST((int64_t)registers.x[X_A0] == -EINVAL, "resume outside of a handler: EINVAL");
}

/* ---- Foreign calls. -------------------------------------------------------------------------- */

static void answer_call(struct anser_frame *frame)
{
    frame->x[X_A0] = 4711;
    frame->x[X_T3] ^= 1;
}

static bool frame_is(const struct anser_frame *frame, const struct registers *registers)
{
    for (unsigned i = 1; i < 32; i++) {
        if (frame->x[i] != registers->x[i]) {
            printf("# x%u is %#lx in the frame, was %#lx\n", i, frame->x[i], registers->x[i]);
            return false;
        }
    }
    return true;
}

static void test_foreign_call(void)
{
    struct registers before, after;
    bool good = true, kept = true;
    at_entry = answer_call;
    for (uint64_t number = 0; number < 400; number += 57) {
        for (unsigned i = 0; i < 32; i++)
            before.x[i] = registers_pattern(i, number);
        before.x[X_A7] = number == 57 ? INT64_MAX : number;
        after = before;
        entries = 0;
        registers_trap(&after);
        before.x[X_SP] = after.x[X_SP];
        good &= entries == 1 && seen.kind == ANSER_HANDLE_SYSCALL && seen.cause == 8 &&
                seen.value == before.x[X_A7] && frame_is(&seen, &before);
        before.x[X_A0] = 4711;
        before.x[X_T3] ^= 1;
        for (unsigned i = 1; i < 32; i++)
            kept &= after.x[i] == before.x[i];
    }
    TEST(good, "foreign calls reach the handler with every register as it was");
    TEST(kept, "and go on with what the handler left in the frame");
    TEST(handler_call_without_stack(5, 6) == 4711 && seen.x[X_SP] == 0 && seen.x[X_A0] == 6,
         "also where there is no stack");
    at_entry = NULL;
}

static uint64_t landed;

static void land(void)
{
    landed++;
    thread_exit();
}

static void go_elsewhere(struct anser_frame *frame)
{
    frame->pc = (uint64_t)land | 1;  /* bit 0 of a pc is always 0 */
    frame->x[X_SP] = frame->x[X_T0]; /* there the stub keeps it */
}

static int64_t jump_away(void *argument)
{
    (void)argument;
    install(PLACE + 0x100000);
    handler_call_without_stack(1, 2);
    return 0;
}

static void test_other_pc(void)
{
    struct task task;
    at_entry = go_elsewhere;
    landed = 0;
    task_start(&task, jump_away, NULL);
    task_join(&task);
    TEST(landed == 1, "a handler that goes on elsewhere");
    at_entry = NULL;
}

/* ---- Faults. --------------------------------------------------------------------------------- */

static void map_it(struct anser_frame *frame)
{
    sys_region_map(0, frame->value & ~(PAGE - 1), PAGE,
                   ANSER_PROT_READ | ANSER_PROT_WRITE | ANSER_MAP_FIXED, 0, 0);
    *(volatile uint64_t *)(frame->value & ~(PAGE - 1)) = 31;
}

static void give_value(struct anser_frame *frame)
{
    frame->x[X_A0] = 32;
    frame->pc += 4;
}

static void test_fault(void)
{
    entries = 0;
    at_entry = map_it;
    TEST(handler_load((uint64_t *)NOWHERE) == 31, "a fault whose page the handler maps");
    TEST(entries == 1 && seen.kind == ANSER_HANDLE_FAULT && seen.cause == 13 &&
             seen.value == NOWHERE && seen.pc == (uint64_t)handler_load &&
             seen.reason == ANSER_FAULT_ACCESS,
         "with cause, address, pc and reason");
    handler_store((uint64_t *)(NOWHERE + 8), 33);
    TEST(entries == 1 && *(uint64_t *)(NOWHERE + 8) == 33, "is no fault afterwards");
    sys_region_unmap(0, NOWHERE, PAGE);
    at_entry = give_value;
    TEST(handler_load((uint64_t *)NOWHERE) == 32, "a fault that the handler passes over");
    at_entry = skip;
    handler_store((uint64_t *)0x80200000, 1);
    TEST(seen.cause == 15 && seen.value == 0x80200000, "a store to the kernel");
    handler_load((uint64_t *)0xffffffc080200000);
    TEST(seen.cause == 13 && seen.value == 0xffffffc080200000, "a load from its map");
    __asm__ volatile(".option push\n.option norvc\nebreak\n.option pop" : : : "memory");
    TEST(seen.kind == ANSER_HANDLE_FAULT && seen.cause == 3 && seen.reason == ANSER_FAULT_ILLEGAL,
         "a breakpoint");
    __asm__ volatile("csrr a0, sstatus" : : : "a0", "memory");
    TEST(seen.kind == ANSER_HANDLE_FAULT && seen.cause == 2, "a privileged instruction");
    __asm__ volatile("sret");
    TEST(seen.cause == 2 && entries == 7, "another one");
    at_entry = NULL;
}

/* Its budget ends before its memory: the handler hears that it is for that. */
static int64_t touch_all(uint64_t argument)
{
    (void)argument;
    install(PLACE);
    at_entry = give_value;
    sys_region_map(0, NOWHERE, 1000 * PAGE, ANSER_PROT_READ | ANSER_PROT_WRITE | ANSER_MAP_FIXED, 0,
                   0);
    for (uint64_t i = 0; i < 1000; i++) {
        if (handler_load((uint64_t *)(NOWHERE + i * PAGE)) == 32)
            return seen.reason == ANSER_FAULT_BUDGET && seen.value == NOWHERE + i * PAGE ? 0 : 1;
    }
    return 2;
}

static void test_budget(void)
{
    struct child_end end = child_run(touch_all, 0, NULL);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 0,
         "a fault for lack of budget says so (%ld)", (long)end.status);
}

/* ---- The second level, and the third. -------------------------------------------------------- */

static uint64_t inner;

static void fault_inside(struct anser_frame *frame)
{
    inner = handler_load((uint64_t *)(NOWHERE + 16));
    frame->x[X_A0] = inner + 1;
}

static void test_nested(void)
{
    nested_entries = 0;
    at_entry = fault_inside;
    at_nested = give_value;
    TEST(handler_call_without_stack(1, 2) == 33, "a fault inside the handler is mended");
    TEST(nested_entries == 1 && inner == 32 && seen_nested.value == NOWHERE + 16 &&
             seen_nested.pc == (uint64_t)handler_load,
         "by its nested entry");
    at_entry = at_nested = NULL;
}

static void fault_again(struct anser_frame *frame)
{
    (void)frame;
    handler_load((uint64_t *)(NOWHERE + 24));
}

static void call_foreign(struct anser_frame *frame)
{
    (void)frame;
    handler_call_without_stack(77, 0);
}

/* As deep as it goes: what stops it is the guard below the stack. */
static uint64_t deep(volatile uint64_t *above, uint64_t depth)
{
    volatile uint64_t room[64];
    room[0] = *above + depth;
    return depth == 0 ? room[0] : deep(room, depth - 1) + room[0];
}

static void use_all_stack(struct anser_frame *frame)
{
    frame->x[X_A0] = deep(&frame->pc, 1000);
}

static void spoil_frame(struct anser_frame *frame)
{
    for (unsigned i = 0; i < 32; i++)
        frame->x[i] = 0xffffffc080200000;
    frame->pc = 0xffffffc080200000;
    at_entry = call_foreign; /* what comes next is the fault at that pc */
}

static int64_t end_badly(uint64_t argument)
{
    void (*const first[])(struct anser_frame *) = {fault_inside, call_foreign, use_all_stack,
                                                   spoil_frame, fault_inside};
    void (*const second[])(struct anser_frame *) = {fault_again, NULL, use_all_stack, NULL,
                                                    call_foreign};
    at_entry = first[argument];
    at_nested = second[argument];
    install(PLACE);
    handler_call_without_stack(1, 2);
    return 0;
}

static int64_t bogus_entries(uint64_t address)
{
    struct anser_handler_params params = {
        .entry = address, .nested = address, .address = PLACE, .stack_pages = 1};
    sys_thread_handler(&params);
    handler_call_without_stack(1, 2);
    return 0;
}

static void test_third_level(void)
{
    struct child_end end = child_run(end_badly, 0, NULL);
    TEST(end.reason == ANSER_EXIT_FAULT && end.cause == 13 && end.value == NOWHERE + 24,
         "a fault in the nested entry ends the process");
    end = child_run(end_badly, 1, NULL);
    TEST(end.reason == ANSER_EXIT_FAULT && end.status == ANSER_FAULT_ILLEGAL && end.cause == 8 &&
             end.value == 77,
         "a foreign call from the handler ends it");
    end = child_run(end_badly, 2, NULL);
    TEST(end.reason == ANSER_EXIT_FAULT && end.value < PLACE && end.value >= PLACE - PAGE,
         "a handler that overflows its stack meets the guard at last (%#lx)", end.value);
    end = child_run(end_badly, 3, NULL);
    TEST(end.reason == ANSER_EXIT_FAULT, "a frame with a pc in the kernel (cause %lu)", end.cause);
    end = child_run(end_badly, 4, NULL);
    TEST(end.reason == ANSER_EXIT_FAULT && end.cause == 8, "a foreign call from the nested entry");
    static const uint64_t addresses[] = {0, 1, NOWHERE, 0x80200000, 0xffffffc080200000, ~0ul};
    bool good = true;
    for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
        good &= child_run(bogus_entries, addresses[i], NULL).reason == ANSER_EXIT_FAULT;
    TEST(good, "entries that lead nowhere");
}

int main(void)
{
    struct balance before = {0};
    TEST(install(PLACE) == (int64_t)PLACE, "a handler is installed");
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_install();
        test_foreign_call();
        test_other_pc();
        test_fault();
        test_budget();
        test_nested();
        test_third_level();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
