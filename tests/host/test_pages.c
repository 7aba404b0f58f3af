/* SPDX-License-Identifier: BSD-2-Clause */
/* Slabs, budgets, pages objects, devices and the quarantine of memory that they may write to. */
/* sources: kern/tree.c kern/frame.c kern/slab.c kern/account.c kern/page_table.c kern/fault.c */
/* sources: kern/region.c kern/mapping.c kern/mapping_fill.c kern/pages.c kern/device.c */
/* sources: kern/space.c kern/space_copy.c kern/space_pages.c kern/usercopy.c */
#include "tap.h"
#include "kernel_host.h"
#include "kern/device.h"
#include "kern/pages.h"

#define SLOTS 300

static uint64_t free_at_first;

static bool nothing_left(void)
{
    return frame_counts.free == free_at_first && frame_counts.slab == 0 && object_count == 0 &&
           root_account.used == 0;
}

/* ---- Slabs. */

static void test_slab(void)
{
    static const size_t sizes[] = {1, 64, 65, 128, 200, 257, 500, 700, 1000, 1344, 2017, 4032};
    static struct {
        uint8_t *memory;
        size_t size;
        uint8_t fill;
    } slots[SLOTS];
    bool sound = true;
    srand(1);
    for (unsigned step = 0; step < 20000 && sound; step++) {
        unsigned i = (unsigned)rand() % SLOTS;
        size_t size = slots[i].size;
        if (slots[i].memory != NULL) {
            for (size_t byte = 0; byte < size; byte++)
                sound &= slots[i].memory[byte] == slots[i].fill;
            slab_free(&root_account, slots[i].memory, size);
            slots[i].memory = NULL;
            continue;
        }
        size = slots[i].size = sizes[(unsigned)rand() % array_length(sizes)];
        slots[i].memory = slab_alloc(&root_account, size);
        for (size_t byte = 0; byte < size; byte++)
            sound &= slots[i].memory[byte] == 0;
        memset(slots[i].memory, slots[i].fill = (uint8_t)rand(), size);
    }
    TEST(sound, "objects are zeroed at first, and nobody writes into another");
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].memory != NULL)
            slab_free(&root_account, slots[i].memory, slots[i].size);
    TEST(nothing_left(), "empty slabs go back, and the account is empty");
}

/* ---- Budgets. */

static void test_account(void)
{
    struct account *child = account_create(&root_account, 100000);
    struct account *grandchild = account_create(child, 50000);
    TEST(child != NULL && grandchild != NULL, "a child, and its child");
    TEST(account_create(child, 60000) == NULL, "more than is left is refused");
    TEST(account_create(child, UINT64_MAX) == NULL, "so is a limit that wraps");
    TEST(!account_charge(grandchild, 50001) && account_charge(grandchild, 50000),
         "a charge up to the limit, not beyond");
    TEST(!account_charge(grandchild, UINT64_MAX), "a charge that wraps is refused");
    account_overdraw(grandchild, 100);
    TEST(!account_charge(grandchild, 1), "an overdrawn account gets nothing");
    account_close(grandchild);
    uint64_t used = child->used;
    account_discharge(grandchild, 40000);
    TEST(child->used < used, "a closed account gives back as it empties");
    account_close(child);
    TEST(root_account.used > 0, "the parent waits for what the grandchild still has");
    account_discharge(grandchild, 10100);
    TEST(nothing_left(), "with the last byte both are gone");
}

/* ---- Pages. */

static struct object *make(struct account *payer, uint64_t count, uint64_t flags,
                           struct device *device, status_t *status)
{
    struct object *pages = NULL;
    do
        *status = pages_create(payer, count, flags, device, &pages);
    while (*status == CALL_RESTART);
    return pages;
}

static bool zeroed(const struct object *pages)
{
    uint64_t run;
    for (uint64_t i = 0; i < pages_of(pages)->count; i++) {
        const uint64_t *page = direct_map(pages_frame(pages, i, &run));
        for (unsigned word = 0; word < PAGE_SIZE / 8; word++)
            if (page[word] != 0)
                return false;
    }
    return true;
}

/* Every second frame of all memory, so that no two that are free are neighbours. */
static phys_t fragments[HOST_RAM_SIZE >> PAGE_SHIFT];
static uint64_t fragment_count;

static void fragment_memory(void)
{
    uint64_t count = 0;
    while (frame_alloc(0, &fragments[count]))
        count++;
    for (uint64_t i = 0; i < count; i++) {
        if ((fragments[i].value >> PAGE_SHIFT) % 2 == 0)
            frame_free(0, fragments[i]);
        else
            fragments[fragment_count++] = fragments[i];
    }
}

static void test_pages(void)
{
    status_t status;
    TEST(make(&root_account, 0, 0, NULL, &status) == NULL && status == -ANSER_EINVAL, "0 pages");
    TEST(make(&root_account, ANSER_PAGES_MAX + 1, 0, NULL, &status) == NULL &&
             status == -ANSER_EINVAL,
         "too many pages");
    TEST(make(&root_account, 1025, ANSER_PAGES_CONTIGUOUS, NULL, &status) == NULL &&
             status == -ANSER_EINVAL,
         "more contiguous ones than a block holds");
    struct object *pages = make(&root_account, 700, ANSER_PAGES_CONTIGUOUS, NULL, &status);
    TEST(status == 0 && pages_contiguous(pages) && zeroed(pages), "700 contiguous pages");
    object_release(pages);
    pages = make(&root_account, 1500, 0, NULL, &status);
    TEST(status == 0 && !pages_contiguous(pages) && zeroed(pages), "1500 pages in chunks");
    object_release(pages);
    TEST(nothing_left(), "all of it comes back");

    fragment_memory();
    TEST(make(&root_account, 2, ANSER_PAGES_CONTIGUOUS, NULL, &status) == NULL &&
             status == -ANSER_ENOMEM,
         "two neighbours in fragmented memory");
    pages = make(&root_account, 1200, 0, NULL, &status);
    TEST(status == 0 && zeroed(pages), "1200 pages in fragmented memory");
    object_release(pages);
    for (uint64_t i = 0; i < fragment_count; i++)
        frame_free(0, fragments[i]);
    TEST(nothing_left(), "all of it comes back, from index frames, too");

    for (uint64_t n = 1; n < 40; n++) {
        alloc_fail_after(n);
        pages = make(&root_account, 30, 0, NULL, &status);
        alloc_fail_after(0);
        if (status == 0)
            object_release(pages);
        if ((status != 0 && status != -ANSER_ENOMEM) || !nothing_left()) {
            TEST(false, "30 pages, allocation %lu fails", n);
            break;
        }
    }
    TEST(nothing_left(), "a failure at any allocation leaves nothing");
}

static void test_abandoned(void)
{
    struct object *pages = NULL;
    TEST(pages_create(&root_account, 100, 0, NULL, &pages) == CALL_RESTART && pages != NULL,
         "100 pages take more than one piece");
    object_release(pages);
    TEST(nothing_left(), "an abandoned object goes back");
}

static void test_transfer(void)
{
    status_t status;
    struct account *poor = account_create(&root_account, 4 * PAGE_SIZE);
    struct account *rich = account_create(&root_account, 40 * PAGE_SIZE);
    uint64_t used = root_account.used;
    struct object *pages = make(&root_account, 16, 0, NULL, &status);
    uint64_t cost = root_account.used - used;
    TEST(pages_transfer(pages, poor) == -ANSER_ENOMEM && poor->used == 0, "too dear for a budget");
    TEST(pages_transfer(pages, rich) == 0 && rich->used == cost && root_account.used == used,
         "the whole charge moves");
    pages_transfer_back(pages, &root_account);
    TEST(rich->used == 0 && root_account.used == used + cost, "and back");
    object_release(pages);
    account_close(poor);
    account_close(rich);
    TEST(nothing_left(), "nothing is left of it");
}

/* ---- Devices. */

static status_t open_device(uint64_t base, uint64_t size)
{
    struct device *device;
    status_t status = device_open(&root_account, phys(base), size, &device);
    if (status == 0)
        object_release(&device->object);
    return status;
}

static void test_device_ranges(void)
{
    TEST(open_device(0x10001000, 0x1000) == 0, "a page of registers");
    TEST(open_device(0x10001000, 0) == -ANSER_EINVAL, "an empty range");
    TEST(open_device(0x10001004, 0x1000) == -ANSER_EINVAL, "a base inside of a page");
    TEST(open_device(0x10001000, 0x800) == -ANSER_EINVAL, "half a page");
    TEST(open_device(-0x1000ul, 0x1000) == -ANSER_EINVAL, "a range up to the end of all");
    TEST(open_device(-0x1000ul, 0x2000) == -ANSER_EINVAL, "a range that wraps");
    TEST(open_device(1ul << 56, 0x1000) == -ANSER_EINVAL, "what no page table can name");
    TEST(open_device(HOST_RAM_BASE, 0x1000) == -ANSER_EINVAL, "RAM, the firmware's part");
    TEST(open_device(HOST_RAM_BASE + HOST_RAM_SIZE - 0x1000, 0x1000) == -ANSER_EINVAL, "its end");
    TEST(open_device(HOST_RAM_BASE - 0x1000, 0x2000) == -ANSER_EINVAL, "a range into RAM");
    TEST(open_device(HOST_RAM_BASE + HOST_RAM_SIZE, 0x1000) == 0, "right behind RAM");
    TEST(open_device(0xc000000, 0x1000) == -ANSER_EINVAL, "the interrupt controller");
    TEST(open_device(0xbfff000, 0x2000) == -ANSER_EINVAL, "a range into it");
    TEST(nothing_left(), "no object is left of these");
}

static void test_device_identity(void)
{
    struct device *first, *second;
    TEST(device_open(&root_account, phys(0x10001000), 0x2000, &first) == 0, "a device");
    TEST(device_open(&root_account, phys(0x10001000), 0x2000, &second) == 0 && first == second,
         "its range again is the same device");
    TEST(open_device(0x10002000, 0x1000) == -ANSER_EBUSY, "a part of it is not to be had");
    object_release(&first->object);
    object_release(&second->object);
    TEST(open_device(0x10002000, 0x1000) == 0, "when it has gone, it is");
}

static void test_quarantine(void)
{
    status_t status;
    struct device *device;
    struct account *driver = account_create(&root_account, 64 * PAGE_SIZE);
    device_open(&root_account, phys(0x10001000), 0x1000, &device);
    struct object *pages =
        make(driver, 8, ANSER_PAGES_DMA | ANSER_PAGES_CONTIGUOUS, device, &status);
    TEST(status == 0 && pages_contiguous(pages), "8 pages for a device");
    uint64_t free_in_use = frame_counts.free;
    object_release(pages);
    account_close(driver);
    TEST(frame_counts.free == free_in_use, "the driver is dead: they are in quarantine");
    object_release(&device->object);
    struct device *again;
    TEST(device_open(&root_account, phys(0x10001000), 0x1000, &again) == 0 && again == device,
         "a device with quarantined memory is found again");
    TEST(device_release(device) == 8 && device_release(device) == 0, "released, 8 pages");
    object_release(&device->object);
    TEST(nothing_left(), "everything is back, the dead driver's account, too");
}

/* Pages of a dead driver that its client still has, when the device has been reset. */
static void test_unbound(void)
{
    status_t status;
    struct device *device;
    struct account *driver = account_create(&root_account, 64 * PAGE_SIZE);
    device_open(&root_account, phys(0x10001000), 0x1000, &device);
    struct object *pages = make(driver, 8, ANSER_PAGES_DMA | ANSER_PAGES_SHARED, device, &status);
    TEST(status == 0 && driver->used > 8 * PAGE_SIZE, "8 shared pages for a device");
    account_close(driver);
    uint64_t used = driver->used;
    TEST(device_release(device) == 8 && device_release(device) == 0, "the device is reset");
    TEST(driver->used < used && driver->used >= 8 * PAGE_SIZE,
         "the pages stay, and stay paid for; what bound them is gone");
    object_release(&device->object);
    TEST(open_device(0x10001000, 0x2000) == 0, "nothing holds the device");
    object_release(pages);
    TEST(nothing_left(), "with their last user they are free at once");
}

int main(void)
{
    host_memory(HOST_RAM_SIZE);
    free_at_first = frame_counts.free;
    root_account.limit = HOST_RAM_SIZE;
    test_slab();
    test_account();
    test_pages();
    test_abandoned();
    test_transfer();
    test_device_ranges();
    test_device_identity();
    test_quarantine();
    test_unbound();
    return tap_done();
}
