/* SPDX-License-Identifier: BSD-2-Clause */
/* malloc on our heap: large and small, grown and given back, from several threads at once. */
/* timeout: 90 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "memory.h"
#include "tap.h"
#include "thread.h"

#define THREADS 4
#define BLOCKS  64
#define ROUNDS  200

static void test_single(void)
{
    char *large = malloc(1 << 20);
    TEST(large != NULL, "a megabyte");
    memset(large, 0x5a, 1 << 20);
    TEST(large[0] == 0x5a && large[(1 << 20) - 1] == 0x5a, "from end to end");
    large = realloc(large, 2 << 20);
    TEST(large != NULL && large[(1 << 20) - 1] == 0x5a, "grown, contents kept");
    free(large);
    char *zeroed = calloc(3, 5000);
    unsigned sum = 0;
    for (int i = 0; i < 15000; i++)
        sum |= (unsigned char)zeroed[i];
    TEST(sum == 0, "calloc gives zeros, also where something was");
    free(zeroed);
    errno = 0;
    TEST(malloc((size_t)1 << 40) == NULL && errno == ENOMEM, "a terabyte is refused");
}

static void test_shrink(void)
{
    char *end = sbrk(0);
    TEST(sbrk(1 << 20) == end, "the heap grows");
    memset(end, 1, 1 << 20);
    TEST(sbrk(-(1 << 20)) == end + (1 << 20), "and shrinks");
    TEST(sbrk(1 << 20) == end && end[4096] == 0, "and what comes back is zero");
    sbrk(-(1 << 20));
}

/* Each thread fills blocks with its own byte and looks whether anybody else wrote there. */
static int check_block(const unsigned char *block, size_t size, unsigned char byte)
{
    for (size_t i = 0; i < size; i++) {
        if (block[i] != byte)
            return 0;
    }
    return 1;
}

static uint32_t spoiled;

static void allocate(void *argument)
{
    unsigned char byte = (unsigned char)(uintptr_t)argument;
    unsigned char *blocks[BLOCKS] = {NULL};
    size_t sizes[BLOCKS] = {0};
    uint32_t random = byte * 2654435761u;
    for (int i = 0; i < ROUNDS * BLOCKS / 8; i++) {
        random = random * 1664525u + 1013904223u;
        unsigned slot = random >> 16 & (BLOCKS - 1);
        if (blocks[slot] != NULL && !check_block(blocks[slot], sizes[slot], byte))
            __atomic_fetch_add(&spoiled, 1, __ATOMIC_RELAXED);
        free(blocks[slot]);
        sizes[slot] = random >> 8 & 511;
        blocks[slot] = malloc(sizes[slot]);
        if (blocks[slot] == NULL)
            __atomic_fetch_add(&spoiled, 1, __ATOMIC_RELAXED);
        else
            memset(blocks[slot], byte, sizes[slot]);
    }
    for (int slot = 0; slot < BLOCKS; slot++)
        free(blocks[slot]);
}

static void test_threads(void)
{
    struct thread *threads[THREADS];
    int started = 0;
    for (uintptr_t i = 0; i < THREADS; i++)
        started += thread_create(&threads[i], allocate, (void *)(i + 1), NULL) == 0;
    TEST(started == THREADS, "%d threads allocate", THREADS);
    for (int i = 0; i < started; i++)
        thread_join(threads[i]);
    TEST(spoiled == 0, "%u blocks were spoiled", spoiled);
}

static void test_mappings(void)
{
    char *pages = memory_map(5 * MEMORY_PAGE);
    TEST(pages != NULL && pages[0] == 0, "mapped");
    memset(pages, 1, 5 * MEMORY_PAGE);
    TEST(memory_unmap(pages + MEMORY_PAGE, MEMORY_PAGE) == 0, "a page in the middle goes");
    TEST(pages[0] == 1 && pages[2 * MEMORY_PAGE] == 1, "its neighbours stay");
    TEST(memory_unmap(pages, 5 * MEMORY_PAGE) == 0, "the rest goes, hole and all");
    errno = 0;
    TEST(memory_map(0) == NULL && errno == EINVAL, "no length, no mapping");

    anser_handle object = memory_create_pages(3 * MEMORY_PAGE);
    char *view = memory_map_object(object, 0, 3 * MEMORY_PAGE, ANSER_PROT_READ | ANSER_PROT_WRITE);
    TEST(object > 0 && view != NULL, "a pages object, mapped");
    view[MEMORY_PAGE] = 9;
    TEST(memory_unmap(view, 3 * MEMORY_PAGE) == 0, "unmapped");
    view = memory_map_object(object, MEMORY_PAGE, MEMORY_PAGE, ANSER_PROT_READ);
    TEST(view != NULL && view[0] == 9, "mapped again from its second page, contents kept");
}

int main(void)
{
    test_single();
    test_shrink();
    test_threads();
    test_mappings();
    return tap_done();
}
