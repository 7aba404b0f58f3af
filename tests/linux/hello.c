/* SPDX-License-Identifier: BSD-2-Clause */
/* What a small C program does with its library: output, memory, strings, numbers, exit. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS 2000

static void on_exit_print(void)
{
    printf("atexit ran\n");
}

/* Blocks of all sizes, from the heap and from mappings; each keeps its own contents. */
static int memory_keeps(void)
{
    static unsigned char *blocks[BLOCKS];
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < BLOCKS; i++) {
            size_t size = 1 + (i * 37 + round) % 600 + (i % 200 == 0 ? 300000 : 0);
            if (!(blocks[i] = realloc(blocks[i], size)))
                return 0;
            memset(blocks[i], (int)(i % 251), size);
        }
    for (size_t i = 0; i < BLOCKS; i++) {
        if (blocks[i][0] != i % 251)
            return 0;
        free(blocks[i]);
    }
    return 1;
}

int main(int argc, char **argv, char **environment)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("Hello from C: %d arguments, the last is %s\n", argc, argv[argc - 1]);
    for (; *environment; environment++)
        printf("environment: %s\n", *environment);
    printf("%.6f %5d|%-5s|%#lx\n", sqrt(2.0), -42, "ab", 0xdeadbeefcafeul);
    printf("memory: %s\n", memory_keeps() ? "kept" : "BROKEN");
    atexit(on_exit_print);
    fprintf(stderr, "to standard error\n");
    return argc;
}
