/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes foreign calls with bad pointers, lengths and descriptors, and compares what comes back with
 * what Linux returns. `calls FILE`: a file that can be read. Prints TAP. */
#include "call_table.h"

#include <stdio.h>
#include <unistd.h>

static unsigned number;
static int failed;

static void report(const char *group, unsigned made, unsigned wrong)
{
    failed |= wrong != 0 || made == 0;
    printf("%sok %u - %u bad calls on %s, %u wrong\n", wrong || !made ? "not " : "", ++number, made,
           group, wrong);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    unsigned wrong = 0, made;
    if (argc != 2 || access(argv[1], R_OK) != 0) {
        fprintf(stderr, "usage: calls FILE, one that can be read\n");
        return 2;
    }
    if (bad_calls_prepare() != 0) {
        perror("calls: no memory to try with");
        return 2;
    }
    made = bad_memory_calls(&wrong);
    report("memory", made, wrong);
    wrong = 0, made = bad_descriptor_calls(&wrong);
    report("descriptors", made, wrong);
    wrong = 0, made = bad_poll_calls(&wrong);
    report("poll and epoll", made, wrong);
    wrong = 0, made = bad_path_calls(argv[1], &wrong);
    report("names of files", made, wrong);
    wrong = 0, made = bad_process_calls(&wrong);
    report("processes, threads and signals", made, wrong);
    wrong = 0, made = bad_time_calls(&wrong);
    report("time", made, wrong);
    printf("1..%u\n", number);
    return failed;
}
