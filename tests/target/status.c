/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends as its arguments say, so that the test of exit codes can look at what QEMU ends with. */
/* smp: 1 */
#include <stdlib.h>
#include <string.h>
#include "syscall.h"
#include "tap.h"

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "exit") == 0)
        return atoi(argv[2]);
    if (argc == 2 && strcmp(argv[1], "abort") == 0)
        abort();
    if (argc == 2 && strcmp(argv[1], "fault") == 0)
        *(volatile int *)0x80200000 = 1;
    if (argc == 2 && strcmp(argv[1], "kill") == 0)
        sys_process_kill(0, 5);
    TEST(argc == 1, "without arguments it has nothing to do");
    return tap_done();
}
