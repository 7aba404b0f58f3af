/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies lines from its input to its output, until Ctrl-D; says how many there were. */
#include <stdio.h>

int main(void)
{
    char line[256];
    int count = 0;
    while (fgets(line, sizeof(line), stdin) != NULL) {
        fputs(line, stdout);
        count++;
    }
    printf("%d lines\n", count);
    return 0;
}
