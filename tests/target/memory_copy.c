/* SPDX-License-Identifier: BSD-2-Clause */
/* memcpy and memset of our library: every alignment of both sides, up to the edge of a mapping. */
/* smp: 1 */
#include <string.h>
#include "memory.h"
#include "tap.h"

#define LONGEST 300
#define PAGES   4

static unsigned char *inner; /* two pages between two that nobody can touch */

static unsigned char pattern(size_t n)
{
    return (unsigned char)(n * 37 + n / 7 + 1);
}

static int copies(unsigned char *to, const unsigned char *from, size_t size)
{
    memset(to - 8, 0xee, size + 16);
    if (memcpy(to, from, size) != to || to[-1] != 0xee || to[size] != 0xee)
        return 0;
    for (size_t i = 0; i < size; i++) {
        if (to[i] != from[i])
            return 0;
    }
    return 1;
}

static void test_copies(void)
{
    static unsigned char to[LONGEST + 32], from[LONGEST + 32];
    int wrong = 0;
    for (size_t i = 0; i < sizeof(from); i++)
        from[i] = pattern(i);
    for (size_t t = 8; t < 16; t++) {
        for (size_t f = 0; f < 8; f++) {
            for (size_t size = 0; size <= LONGEST; size++)
                wrong += !copies(to + t, from + f, size);
        }
    }
    TEST(wrong == 0, "every size up to %d from and to every alignment: %d wrong", LONGEST, wrong);
}

/* A word more at either end would be a fault. */
static void test_edges(void)
{
    static unsigned char beside[2 * MEMORY_PAGE + 16];
    size_t length = 2 * MEMORY_PAGE;
    int wrong = 0;
    for (size_t i = 0; i < length; i++)
        inner[i] = pattern(i);
    for (size_t cut = 0; cut < 16; cut++) {
        for (size_t t = 0; t < 8; t++) {
            memcpy(beside + t, inner + cut, length - cut);
            wrong += memcmp(beside + t, inner + cut, length - cut) != 0;
            memcpy(beside + t, inner, length - cut);
            wrong += memcmp(beside + t, inner, length - cut) != 0;
        }
    }
    TEST(wrong == 0, "nothing is read outside of what is copied");
    for (size_t cut = 0; cut < 16; cut++) {
        memset(inner + cut, (int)cut, length - 2 * cut);
        wrong += inner[cut] != cut || inner[length - cut - 1] != cut;
    }
    TEST(wrong == 0, "nothing is set outside of what is set");
}

int main(void)
{
    unsigned char *outer = memory_map((size_t)PAGES * MEMORY_PAGE);
    inner = outer + MEMORY_PAGE;
    bool guarded = outer != NULL && memory_unmap(outer, MEMORY_PAGE) == 0 &&
                   memory_unmap(outer + (PAGES - 1) * MEMORY_PAGE, MEMORY_PAGE) == 0;
    TEST(guarded, "two pages with nothing before and behind");
    test_copies();
    test_edges();
    return tap_done();
}
