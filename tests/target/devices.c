/* SPDX-License-Identifier: BSD-2-Clause */
/* Device objects: which ranges may be had, what the kernel does with pointers into them, DMA memory
 * and its quarantine.
 */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
#include <errno.h>
#include "memory.h"
#include "start.h"
#include "support/balance.h"
#include "support/child.h"
#include "syscall.h"
#include "tap.h"

#define PAGE  MEMORY_PAGE
#define R     ANSER_PROT_READ
#define RW    (ANSER_PROT_READ | ANSER_PROT_WRITE)
#define PLACE 0x3400000000ul /* nothing is there */
#define RTC   0x101000ul     /* a goldfish RTC; its first register is the time */

static anser_handle system_handle;

static int64_t map_device(anser_handle device, uint64_t offset, uint64_t flags)
{
    return sys_region_map(0, PLACE, PAGE, flags | ANSER_MAP_FIXED, device, offset).status;
}

static void test_ranges(void)
{
    static const struct {
        uint64_t base, length;
        const char *what;
    } bad[] = {
        {0x80200000, PAGE, "the kernel's RAM"},
        {0x80000000, PAGE, "the firmware's RAM"},
        {0x7ffff000, 2 * PAGE, "a range that reaches into RAM"},
        {0xc000000, PAGE, "the interrupt controller"},
        {0xbfff000, 2 * PAGE, "a range that reaches into it"},
        {RTC + 8, PAGE, "a base inside of a page"},
        {RTC, 8, "a part of a page"},
        {RTC, 0, "nothing"},
        {-PAGE, PAGE, "the last page of all"},
        {-PAGE, 2 * PAGE, "a range that wraps"},
        {RTC, UINT64_MAX - PAGE + 1, "nearly everything"},
        {1ul << 56, PAGE, "beyond all physical addresses"},
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        TEST(sys_device_create(system_handle, bad[i].base, bad[i].length) == -EINVAL, "%s: EINVAL",
             bad[i].what);
    anser_handle weak = sys_handle_dup(system_handle, ANSER_RIGHT_SYS_LOG);
    TEST(sys_device_create(weak, RTC, PAGE) == -EPERM, "without the right: EPERM");
    TEST(sys_device_create(0, RTC, PAGE) == -EBADF, "without a handle: EBADF");
    sys_handle_close(weak);
}

static void test_registers(void)
{
    anser_handle device = sys_device_create(system_handle, RTC, PAGE);
    anser_handle again = sys_device_create(system_handle, RTC, PAGE);
    TEST(device > 0 && again > 0 &&
             sys_handle_info(device).value >> 32 == sys_handle_info(again).value >> 32,
         "the same range is the same device");
    TEST(sys_device_create(system_handle, RTC, 2 * PAGE) == -EBUSY, "one that overlaps: EBUSY");
    TEST(map_device(device, 0, RW) == 0, "its registers are mapped");
    uint32_t before = *(volatile uint32_t *)PLACE;
    uint32_t after = before;
    for (unsigned i = 0; i < 1000000 && after == before; i++)
        after = *(volatile uint32_t *)PLACE;
    TEST(after != before, "and the time in them goes on");
    TEST(sys_log_write(system_handle, (const void *)PLACE, 4) == -EFAULT,
         "the kernel does not read them for anybody");
    TEST(sys_system_info(system_handle, ANSER_INFO_SYSTEM, 0, (void *)PLACE, 8).status == -EFAULT,
         "nor does it write to them");
    TEST(sys_word_wait((const volatile uint32_t *)PLACE, after, 1) == -EFAULT,
         "nor wait for what they hold");
    TEST(map_device(device, PAGE, R) == -EINVAL, "what is behind them is not theirs");
    anser_handle reader = sys_handle_dup(device, ANSER_RIGHT_READ);
    TEST(map_device(reader, 0, RW) == -EPERM && map_device(reader, 0, R) == 0,
         "a handle without WRITE gives no more than it has");
    TEST(sys_region_protect(0, PLACE, PAGE, RW) == -EPERM, "nor later");
    TEST(sys_region_decommit(0, PLACE, PAGE) == -EINVAL, "registers are not decommitted");
    sys_handle_close(reader);
    sys_handle_close(again);
    sys_handle_close(device);
    TEST(*(volatile uint32_t *)PLACE != before, "the mapping outlives the handles");
    TEST(sys_region_unmap(0, PLACE, PAGE) == 0, "it goes");
}

static int64_t die_with_dma(uint64_t pages)
{
    return sys_pages_create(pages, ANSER_PAGES_DMA, child_handles[0]) > 0 ? 0 : -1;
}

static void test_dma(void)
{
    anser_handle device = sys_device_create(system_handle, RTC, PAGE);
    anser_handle pages = sys_pages_create(5, ANSER_PAGES_DMA, device);
    struct sys_result info = sys_pages_info(pages);
    TEST(info.status == 5 && info.value > 0x80000000 && info.value % PAGE == 0,
         "5 pages that a device may reach, at %lx", info.value);
    TEST(sys_pages_create(1025, ANSER_PAGES_DMA, device) == -EINVAL, "at most 1024: EINVAL");
    anser_handle weak = sys_handle_dup(device, ANSER_RIGHT_READ);
    TEST(sys_pages_create(1, ANSER_PAGES_DMA, weak) == -EPERM, "they want WRITE on the device");
    TEST(sys_pages_release(weak) == -EPERM, "releasing them wants MANAGE");
    TEST(sys_pages_release(system_handle) == -EBADF, "and a device");
    sys_handle_close(pages);
    TEST(sys_pages_release(device) == 5, "what was dropped is in quarantine");
    TEST(sys_pages_release(device) == 0, "until it was released");
    pages = sys_pages_create(5, ANSER_PAGES_DMA, device);
    TEST(sys_pages_release(device) == 5, "what somebody has is released from the device");
    TEST(sys_pages_info(pages).status == 5 && sys_pages_info(pages).value > 0x80000000,
         "and stays where it is");
    sys_handle_close(pages);
    TEST(sys_pages_release(device) == 0, "when it is dropped, it is free at once");
    sys_handle_close(weak);
    sys_handle_close(device);
}

/* A living driver says itself that the device is done with some of its memory. */
static void test_dma_done(void)
{
    anser_handle device = sys_device_create(system_handle, RTC, PAGE);
    anser_handle pages = sys_pages_create(5, ANSER_PAGES_DMA | ANSER_PAGES_SHARED, device);
    anser_handle client = sys_handle_dup(pages, ANSER_RIGHT_READ | ANSER_RIGHT_WRITE);
    TEST(sys_pages_release(client) == -EBADF, "a client of the driver cannot say it");
    TEST(sys_pages_release(pages) == 5, "the driver can, by its right PHYS");
    TEST(sys_pages_release(pages) == 0, "once");
    TEST(sys_pages_info(pages).value > 0x80000000, "they stay where they are");
    sys_handle_close(pages);
    sys_handle_close(client);
    TEST(sys_pages_release(device) == 0, "and are in no quarantine");
    anser_handle plain = sys_pages_create(1, 0, 0);
    TEST(sys_pages_release(plain) == -EBADF, "plain pages were never bound");
    sys_handle_close(plain);
    sys_handle_close(device);
}

/* The device is held by nobody, while its driver's memory is in quarantine. */
static void test_quarantine(void)
{
    anser_handle device = sys_device_create(system_handle, RTC, PAGE);
    for (uint64_t i = 0; i < 20; i++) {
        struct child_options options = {.handle_count = 1};
        options.handles[0] =
            sys_handle_dup(device, ANSER_RIGHT_READ | ANSER_RIGHT_WRITE | ANSER_RIGHT_TRANSFER);
        if (child_run(die_with_dma, 8, &options).status != 0)
            TEST(false, "driver %lu dies with its memory", i);
    }
    sys_handle_close(device);
    device = sys_device_create(system_handle, RTC, PAGE);
    TEST(device > 0, "the device is found again");
    TEST(sys_pages_release(device) == 20 * 8, "with the memory of 20 dead drivers");
    sys_handle_close(device);
}

int main(void)
{
    struct balance before = {0};
    system_handle = start_handle("system");
    for (unsigned round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_ranges();
        test_registers();
        test_dma();
        test_dma_done();
        test_quarantine();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
