/* SPDX-License-Identifier: BSD-2-Clause */
/* The smallest useful program: says hello, and what it was started with. */
#include <stdio.h>
#include "start.h"

int main(int argc, char **argv)
{
    printf("Hello from %s", argv[0]);
    for (int i = 1; i < argc; i++)
        printf(" %s", argv[i]);
    printf("\nI was given:");
    const struct anser_start *start = start_handles();
    for (uint64_t i = 0; i < start->count; i++)
        printf(" %s", start->handles[i].name);
    printf("\n");
    return 0;
}
