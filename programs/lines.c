/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints numbered lines: `lines [COUNT]`. Something to look at while a console is tried out. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    long count = argc > 1 ? strtol(argv[1], NULL, 0) : 100;
    for (long i = 1; i <= count; i++)
        printf("line %ld of %ld\n", i, count);
    return 0;
}
