/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths of Linux programs: joined, normalized, and known to be directories. */
/* sources: servers/linux/path_join.c */
#include <stdlib.h>
#include <string.h>
#include "servers/linux/linux_abi.h"
#include "servers/linux/path.h"
#include "tap.h"

static const struct {
    const char *base, *path, *expected;
    bool directory;
} cases[] = {
    {"/", "a", "/a", false},
    {"/a/b", "c", "/a/b/c", false},
    {"/a/b", "/c", "/c", false},
    {"/a/b", "", "/a/b", false},
    {"/a/b", ".", "/a/b", true},
    {"/a/b", "..", "/a", true},
    {"/a/b", "../..", "/", true},
    {"/a/b", "../../..", "/", true},
    {"/a/b", "c/../d", "/a/b/d", false},
    {"/", "a//b///c/", "/a/b/c", true},
    {"/", "./a/./b/.", "/a/b", true},
    {"/", "/", "/", true},
    {"/", "//", "/", true},
    {"/", "...", "/...", false},
    {"/", "..a/.b", "/..a/.b", false},
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[64];
        bool directory = !cases[i].directory;
        int64_t length = path_join(out, sizeof(out), cases[i].base, cases[i].path, &directory);
        TEST(length == (int64_t)strlen(cases[i].expected) && strcmp(out, cases[i].expected) == 0 &&
                 directory == cases[i].directory,
             "'%s' and '%s': '%s'", cases[i].base, cases[i].path, cases[i].expected);
    }
}

/* Every size of room, in memory that ends there. */
static void test_room(void)
{
    unsigned wrong = 0;
    for (size_t room = 0; room < 12; room++) {
        char *out = malloc(room == 0 ? 1 : room);
        bool directory;
        int64_t length = path_join(out, room, "/abc", "defg/h", &directory);
        wrong += length != (room >= 12 ? 11 : -LINUX_ENAMETOOLONG);
        free(out);
    }
    TEST(wrong == 0, "what does not fit is too long, and nothing else is touched");
}

int main(void)
{
    test_cases();
    test_room();
    return tap_done();
}
