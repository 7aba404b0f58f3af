/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies lines from its input to its output, until Ctrl-D; says how many there were. */
#include <stdio.h>

int main(int argc, char **argv)
{
    char line[256];
    if (argc > 1) {
        fprintf(stderr, "%s: takes no files: what is typed comes back, until Ctrl-D\n", argv[0]);
        return 2;
    }
    int count = 0;
    while (fgets(line, sizeof(line), stdin) != NULL) {
        fputs(line, stdout);
        count++;
    }
    printf("%d lines\n", count);
    return 0;
}
