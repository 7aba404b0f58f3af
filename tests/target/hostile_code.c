/* SPDX-License-Identifier: BSD-2-Clause */
/* Code that does what programs may not: privileged instructions, the kernel's addresses, misaligned
 * accesses, endless loops at every priority. */
/* timeout: 90 */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
/* sources: tests/target/support/handler.S tests/target/support/sleeper.S */
#include <errno.h>
#include "clock.h"
#include "memory.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/handler.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define HANDLER 0x3500000000ul
#define NOWHERE 0x3600000000ul

/* ---- Instructions. --------------------------------------------------------------------------- */

#define INSTRUCTION(name, text)                                                                    \
    static int64_t name(uint64_t argument)                                                         \
    {                                                                                              \
        register uint64_t a0 __asm__("a0") = argument;                                             \
        __asm__ volatile(text : "+r"(a0) : : "memory");                                            \
        return 0;                                                                                  \
    }

INSTRUCTION(read_sstatus, "csrr a0, sstatus")
INSTRUCTION(write_satp, "csrw satp, a0")
INSTRUCTION(write_stvec, "csrw stvec, a0")
INSTRUCTION(read_sscratch, "csrr a0, sscratch")
INSTRUCTION(write_sepc, "csrw sepc, a0")
INSTRUCTION(read_mstatus, "csrr a0, mstatus")
INSTRUCTION(write_medeleg, "csrw medeleg, zero")
INSTRUCTION(write_pmp, "csrw pmpcfg0, a0")
INSTRUCTION(write_timer, "csrw 0x14d, a0") /* stimecmp */
INSTRUCTION(write_time, "csrw time, a0")
INSTRUCTION(return_s, "sret")
INSTRUCTION(return_m, "mret")
INSTRUCTION(fence_tables, "sfence.vma")
INSTRUCTION(wait, "wfi")
INSTRUCTION(vector, ".word 0x0c0572d7") /* vsetvli t0, a0, e8 */
INSTRUCTION(vector_status, "csrr a0, 0x008")
INSTRUCTION(hypervisor, ".word 0x6000f073") /* csrsi hstatus, 1 */
INSTRUCTION(zeros, ".word 0")
INSTRUCTION(ones, ".word 0xffffffff")
INSTRUCTION(odd_amo, "addi a0, sp, -15\n\tamoadd.w a0, zero, (a0)")
INSTRUCTION(odd_lr, "addi a0, sp, -15\n\tlr.d a0, (a0)")

static int64_t odd_load(uint64_t argument)
{
    uint64_t words[2] = {0x1122334455667788, 0x99aabbccddeeff00};
    volatile uint64_t *odd = (volatile uint64_t *)((uint64_t)words + 1);
    (void)argument;
    return *odd == 0x0011223344556677 ? 0 : 1;
}

static void test_instructions(void)
{
    static const struct {
        const char *what;
        int64_t (*function)(uint64_t);
        uint64_t cause;
    } cases[] = {
        {"csrr sstatus", read_sstatus, 2},
        {"csrw satp", write_satp, 2},
        {"csrw stvec", write_stvec, 2},
        {"csrr sscratch", read_sscratch, 2},
        {"csrw sepc", write_sepc, 2},
        {"csrr mstatus", read_mstatus, 2},
        {"csrw medeleg", write_medeleg, 2},
        {"csrw pmpcfg0", write_pmp, 2},
        {"csrw stimecmp", write_timer, 2},
        {"csrw time", write_time, 2},
        {"sret", return_s, 2},
        {"mret", return_m, 2},
        {"sfence.vma", fence_tables, 2},
        {"wfi", wait, 2},
        {"a vector instruction", vector, 2},
        {"csrr vstart", vector_status, 2},
        {"hstatus", hypervisor, 2},
        {"zeros", zeros, 2},
        {"ones", ones, 2},
        {"a misaligned amoadd", odd_amo, 6},
        {"a misaligned lr", odd_lr, 4},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct child_end end = child_run(cases[i].function, 0, NULL);
        bool right = end.cause == cases[i].cause || (cases[i].cause != 2 && end.cause <= 7);
        TEST(end.reason == ANSER_EXIT_FAULT && end.status == ANSER_FAULT_ILLEGAL && right,
             "%s ends the process (cause %lu)", cases[i].what, end.cause);
    }
    struct child_end end = child_run(odd_load, 0, NULL);
    TEST(end.status == 0 || end.reason == ANSER_EXIT_FAULT,
         "a misaligned load is right, or a fault: %s", end.status == 0 ? "right" : "a fault");
}

/* ---- Every address that is not a program's. -------------------------------------------------- */

static uint64_t faults, last_cause, last_value;

void on_foreign(struct anser_frame *frame)
{
    faults++;
    last_cause = frame->cause;
    last_value = frame->value;
    if (frame->cause == 12)
        frame->pc = frame->x[1]; /* a call that leads nowhere returns */
    else
        frame->pc += 4;
}

void on_nested(struct anser_frame *frame)
{
    (void)frame;
    sys_process_exit(99);
}

/* Load, store and jump fault, with the right cause and address. */
static bool is_closed_place(uint64_t address)
{
    uint64_t before = faults;
    handler_load((const volatile uint64_t *)address);
    bool good = faults == before + 1 && last_cause == 13 && last_value == address;
    handler_store((volatile uint64_t *)address, 0x55);
    good &= faults == before + 2 && last_cause == 15 && last_value == address;
    ((void (*)(void))address)();
    good &= faults == before + 3 && last_cause == 12 && last_value == address;
    if (!good)
        printf("# %#lx: cause %lu, value %#lx\n", address, last_cause, last_value);
    return good;
}

static void install(void)
{
    struct anser_handler_params params = {.entry = (uint64_t)handler_entry,
                                          .nested = (uint64_t)handler_nested_entry,
                                          .address = HANDLER,
                                          .stack_pages = HANDLER_STACK_PAGES};
    sys_thread_handler(&params);
}

static void test_addresses(void)
{
    bool good = true;
    unsigned count = 0;
    for (uint64_t at = 0x80000000; at < 0xc0000000; at += 0x100000, count++)
        good &= is_closed_place(at);
    for (uint64_t at = 0x80200000; at < 0x80260000; at += 0x1000, count++)
        good &= is_closed_place(at + 8);
    TEST(good, "the kernel's slot: %u places", count);
    good = true;
    count = 0;
    for (uint64_t at = 0xffffffc080000000; at < 0xffffffc088000000; at += 0x10000, count++)
        good &= is_closed_place(at);
    TEST(good, "the kernel's map of RAM: %u places", count);
    good = true;
    count = 0;
    for (uint64_t at = 0xffffffc000000000; at >= 0xffffffc000000000; at += 1ul << 29, count++)
        good &= is_closed_place(at);
    for (uint64_t at = 0xfffffffffff00000; at >= 0xfffffffffff00000; at += 0x1000, count++)
        good &= is_closed_place(at);
    TEST(good, "the upper half: %u places", count);
    good = true;
    count = 0;
    for (unsigned bit = 38; bit < 64; bit++, count++)
        good &= is_closed_place(1ul << bit) && is_closed_place((1ul << bit) + 0x10000);
    TEST(good, "beyond the address space: %u places", count);
    good = is_closed_place(0) && is_closed_place(0x1000) && is_closed_place(NOWHERE) &&
           is_closed_place(ANSER_USER_END - 8);
    TEST(good, "where nothing is mapped");
}

/* ---- Stacks. --------------------------------------------------------------------------------- */

static uint64_t recurse(volatile uint64_t *above, uint64_t depth)
{
    volatile uint64_t room[128];
    room[0] = *above + depth;
    return depth == 0 ? room[0] : recurse(room, depth - 1) + room[0];
}

static int64_t overflow_stack(uint64_t argument)
{
    volatile uint64_t start = argument;
    return (int64_t)recurse(&start, 100000);
}

/* What the kernel does with these: nothing, it has a stack of its own. */
static int64_t trap_with_stack(uint64_t stack)
{
    register uint64_t a7 __asm__("a7") = (uint64_t)ANSER_CALL_thread_yield;
    register uint64_t a0 __asm__("a0") = 0;
    __asm__ volatile("mv s1, sp\n\tmv sp, %2\n\tecall\n\tmv sp, s1"
                     : "+r"(a0)
                     : "r"(a7), "r"(stack)
                     : "s1", "memory", "a1", "a2", "a3", "a4", "a5", "a6", "t0", "t1", "t2", "t3",
                       "t4", "t5", "t6");
    return (int64_t)a0;
}

static int64_t trap_with_tp(uint64_t pointer)
{
    register uint64_t a7 __asm__("a7") = (uint64_t)ANSER_CALL_thread_yield;
    register uint64_t a0 __asm__("a0") = 0;
    __asm__ volatile("mv s1, tp\n\tmv tp, %2\n\tecall\n\tecall\n\tmv tp, s1"
                     : "+r"(a0)
                     : "r"(a7), "r"(pointer)
                     : "s1", "memory", "a1", "a2", "a3", "a4", "a5", "a6", "t0", "t1", "t2", "t3",
                       "t4", "t5", "t6");
    return 0;
}

static void test_stacks(void)
{
    static const uint64_t pointers[] = {0,           1,    0x80200000,         0xffffffc080200000,
                                        NOWHERE + 3, ~0ul, 0x8000000000000000, ANSER_USER_END};
    struct child_end end = child_run(overflow_stack, 0, NULL);
    TEST(end.reason == ANSER_EXIT_FAULT && end.cause == 15 &&
             end.value < CHILD_STACK - CHILD_STACK_SIZE &&
             end.value > CHILD_STACK - CHILD_STACK_SIZE - 0x2000,
         "a stack that overflows meets what is not mapped below it");
    bool good = true;
    for (unsigned i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
        good &= child_run(trap_with_stack, pointers[i], NULL).status == 0;
        end = child_run(trap_with_tp, pointers[i], NULL);
        good &= end.reason == ANSER_EXIT_NORMAL && end.status == 0;
    }
    TEST(good, "calls with any stack and thread pointer");
}

/* ---- Endless loops. -------------------------------------------------------------------------- */

extern char spinner[];

static int64_t loop(uint64_t threads)
{
    for (uint64_t i = 1; i < threads; i++) {
        struct anser_thread_params params = {.entry = (uint64_t)spinner};
        sys_thread_create(0, &params);
    }
    for (;;)
        ;
    return 0;
}

static void test_loops(void)
{
    uint64_t ceiling = child_priority_max(), slowest = 0;
    bool good = true;
    int64_t own = sys_thread_priority(0, ceiling);
    for (uint64_t priority = 0; priority <= ceiling; priority++) {
        struct child children[3];
        struct child_options options = {.own_priority = true, .priority = priority};
        for (int i = 0; i < 3; i++)
            good &= child_start(&children[i], loop, 3, &options) == 0;
        uint64_t begin = clock_now();
        clock_sleep(20);
        for (int i = 0; i < 3; i++) {
            sys_process_kill(children[i].process, 7);
            struct child_end end = child_wait(&children[i]);
            good &= end.reason == ANSER_EXIT_KILLED && end.status == 7;
        }
        uint64_t passed = clock_nanoseconds(clock_now() - begin) / 1000000;
        slowest = passed > slowest ? passed : slowest;
    }
    sys_thread_priority(0, (uint64_t)own);
    TEST(good, "three processes of three loops at each priority up to ours (%lu) are killed",
         ceiling);
    TEST(slowest < 5000, "within %lu ms at most", slowest);
}

int main(void)
{
    struct balance before = {0};
    install();
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_instructions();
        test_addresses();
        test_stacks();
        test_loops();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
