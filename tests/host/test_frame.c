/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame allocator: no frame twice, everything back, what boot reserves stays reserved. */
/* sources: kern/frame.c */
#include "tap.h"
#include <stdlib.h>
#include <string.h>
#include "kern/frame.h"
#include "kern/panic.h"

#define MIB  (1ul << 20)
#define BASE 0x80000000ul
#define SIZE (32 * MIB)
#define GAP  (64 * MIB) /* to a second bank of memory */
#define HELD 500

_Noreturn void panic(const char *format, ...)
{
    printf("# panic: %s\n", format);
    abort();
}

static struct bootinfo info;
static uint8_t *owned; /* by frame number from BASE: who has it; 0: nobody */

static bool reserved(uint64_t address)
{
    const struct boot_range *none[] = {&info.reserved[0], &info.image, &info.initrd,
                                       &info.device_tree, &info.loader};
    for (unsigned i = 0; i < 5; i++)
        if (address + PAGE_SIZE > none[i]->base && address < none[i]->base + none[i]->size)
            return true;
    return (address >= BASE + SIZE && address < BASE + GAP) || address < BASE ||
           address >= BASE + GAP + 4 * MIB;
}

/* Marks a block; false: reserved, taken, or not aligned. */
static bool own(phys_t block, unsigned order, uint8_t owner)
{
    if (block.value % (PAGE_SIZE << order) != 0)
        return false;
    for (uint64_t i = 0; i < 1ul << order; i++) {
        uint64_t address = block.value + i * PAGE_SIZE;
        uint64_t number = (address - BASE) >> PAGE_SHIFT;
        if (reserved(address) || (owner != 0) == (owned[number] != 0))
            return false;
        owned[number] = owner;
    }
    return true;
}

static struct {
    phys_t block;
    unsigned order;
    bool held;
} held[HELD];

static bool random_round(unsigned seed, uint64_t free_before)
{
    srand(seed);
    for (unsigned step = 0; step < 40000; step++) {
        unsigned i = (unsigned)rand() % HELD;
        if (held[i].held) {
            if (!own(held[i].block, held[i].order, 0))
                return false;
            frame_free(held[i].order, held[i].block);
            held[i].held = false;
            continue;
        }
        held[i].order = rand() % 4 ? (unsigned)rand() % 3 : (unsigned)rand() % 11;
        held[i].held = frame_alloc(held[i].order, &held[i].block);
        if (held[i].held && !own(held[i].block, held[i].order, 1))
            return false;
    }
    for (unsigned i = 0; i < HELD; i++) {
        if (held[i].held)
            frame_free(held[i].order, held[i].block);
        held[i].held = false;
    }
    memset(owned, 0, (GAP + 4 * MIB) >> PAGE_SHIFT);
    return frame_counts.free == free_before;
}

/* Takes everything in single frames, so that every frame is seen once; gives it back. */
static uint64_t drain(void)
{
    uint64_t count = 0;
    static phys_t all[(SIZE + 4 * MIB) >> PAGE_SHIFT];
    while (count < array_length(all) && frame_alloc(0, &all[count]) && own(all[count], 0, 1))
        count++;
    for (uint64_t i = 0; i < count; i++) {
        own(all[i], 0, 0);
        frame_free(0, all[i]);
    }
    return count;
}

static uint64_t expected_free(void)
{
    uint64_t count = 0;
    for (uint64_t address = BASE; address < BASE + GAP + 4 * MIB; address += PAGE_SIZE)
        count += !reserved(address);
    return count - frame_counts.meta;
}

static unsigned largest_blocks(void)
{
    unsigned count = 0;
    static phys_t blocks[64];
    while (count < 64 && frame_alloc(FRAME_ORDER_MAX, &blocks[count]))
        count++;
    for (unsigned i = 0; i < count; i++)
        frame_free(FRAME_ORDER_MAX, blocks[i]);
    return count;
}

static void test_sharing(void)
{
    phys_t frame;
    uint64_t free_before = frame_counts.free;
    TEST(frame_alloc(0, &frame) && !frame_shared(frame), "a new frame is not shared");
    frame_share(frame);
    TEST(frame_shared(frame), "one more reference shares it");
    frame_drop(frame);
    TEST(!frame_shared(frame) && frame_counts.free == free_before - 1, "one drop: still in use");
    frame_drop(frame);
    TEST(frame_counts.free == free_before, "the last drop frees it");
}

static void test_pieces(void)
{
    phys_t block;
    uint64_t free_before = frame_counts.free;
    TEST(frame_alloc(4, &block), "16 frames");
    frame_free_range(phys(block.value + 5 * PAGE_SIZE), 11);
    TEST(frame_counts.free == free_before - 5, "the last 11 of them go back");
    frame_free_range(block, 5);
    TEST(frame_counts.free == free_before && frame_alloc(4, &block), "then the others");
    frame_free(4, block);
}

static void test_injection(void)
{
    phys_t frame;
    alloc_fail_after(2);
    TEST(frame_alloc(0, &frame), "the first allocation succeeds");
    frame_free(0, frame);
    TEST(!frame_alloc(0, &frame), "the second fails, as asked for");
    TEST(frame_alloc(0, &frame), "the third succeeds");
    frame_free(0, frame);
    alloc_fail_after(1);
    TEST(frame_alloc_surely(&frame), "what must not fail is not made to");
    frame_free(0, frame);
    alloc_fail_after(0);
}

/*
 * A driver is restarted again and again: its memory for DMA is not a power of two, and after each
 * start somebody else takes a frame for good. Returns the starts for which there was memory.
 */
static unsigned restart_driver(unsigned starts)
{
    static phys_t for_good[HELD];
    const uint64_t count = 525;
    unsigned done = 0;
    phys_t region;
    for (; done < starts && frame_alloc(FRAME_ORDER_MAX, &region); done++) {
        frame_free_range(phys(region.value + count * PAGE_SIZE), (1ul << FRAME_ORDER_MAX) - count);
        frame_alloc_surely(&for_good[done]);
        frame_free_range(region, count);
    }
    for (unsigned i = 0; i < done; i++)
        frame_free(0, for_good[i]);
    return done;
}

static void boot(void)
{
    static uint8_t *memory; /* stays reachable */
    memory = aligned_alloc(4 * MIB, GAP + 4 * MIB);
    memset(memory, 0xa5, GAP + 4 * MIB);
    direct_map_base = (uint64_t)memory - BASE;
    info.memory_count = 2;
    info.memory[0] = (struct boot_range){BASE, SIZE};
    info.memory[1] = (struct boot_range){BASE + GAP, 4 * MIB};
    info.reserved_count = 1;
    info.reserved[0] = (struct boot_range){BASE, 288 * 1024};
    info.image = (struct boot_range){BASE + 2 * MIB, 1234567};
    info.loader = (struct boot_range){BASE + 16 * MIB, 300 * 1024};
    info.initrd = (struct boot_range){BASE + 20 * MIB + 512, 700000}; /* odd on purpose */
    info.device_tree = (struct boot_range){BASE + 30 * MIB, 4000};
    owned = calloc((GAP + 4 * MIB) >> PAGE_SHIFT, 1);
}

int main(void)
{
    boot();
    TEST(frame_init(&info) == 0, "two banks of memory with holes");
    TEST(frame_counts.total == (SIZE + 4 * MIB) >> PAGE_SHIFT, "all frames are counted");
    TEST(frame_counts.free == expected_free(), "free is what is not reserved, less the records");
    uint64_t free_before = frame_counts.free;
    TEST(drain() == free_before, "every free frame can be had once, none that is reserved");
    unsigned blocks = largest_blocks();
    for (unsigned seed = 1; seed <= 4; seed++)
        TEST(random_round(seed, free_before), "random blocks never overlap, seed %u", seed);
    TEST(largest_blocks() == blocks, "buddies have merged: as many blocks of 4 MiB as at first");
    TEST(restart_driver(HELD) == HELD, "frames that stay do not break up every large block");
    TEST(frame_counts.free == free_before, "all of that is back");
    test_sharing();
    test_pieces();
    test_injection();
    TEST(frame_is_ram(phys(BASE + GAP - 1), 2) && !frame_is_ram(phys(BASE + SIZE), GAP - SIZE),
         "RAM is told from what is not");
    frame_reclaim(info.loader);
    TEST(frame_counts.free == free_before + 75, "the loader's memory is given back");
    return tap_done();
}
