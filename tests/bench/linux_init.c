/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first process of the Linux guest that Anser is compared with: runs what is measured, one
 * after the other, measures process starts itself, and switches the machine off. On several harts
 * it measures only what needs them. With bench=devices on the kernel's command line it measures
 * disk and network instead.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "linux_devices.h"

#define STARTS 300

static void open_console(void)
{
    mkdir("/dev", 0755);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    int console = open("/dev/console", O_RDWR);
    for (int descriptor = 0; descriptor < 3 && console >= 0; descriptor++)
        dup2(console, descriptor);
    setvbuf(stdout, NULL, _IOLBF, 0);
}

/* Runs a program with an argument or none and this standard output; returns its wait status. */
static int run(const char *path, const char *argument, int output)
{
    char *arguments[] = {(char *)path, (char *)argument, NULL}, *environment[] = {NULL};
    int status = -1;
    pid_t child = vfork();
    if (child == 0) {
        dup2(output, 1);
        execve(path, arguments, environment);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return status;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void measure_start(const char *name, const char *path)
{
    int null = open("/dev/null", O_WRONLY), wrong = run(path, NULL, null);
    uint64_t begin = now();
    for (int i = 0; i < STARTS; i++)
        wrong |= run(path, NULL, null);
    if (wrong)
        printf("%s failed: %#x\n", path, wrong);
    else
        printf("BENCH %s instructions %lu start to end, mean of %d\n", name,
               (unsigned long)((now() - begin) / STARTS), STARTS);
}

static void run_said(const char *path, const char *argument)
{
    int status = run(path, argument, 1);
    if (status)
        printf("%s failed: %#x\n", path, status);
}

static void measure_calls(void)
{
    sleep(3); /* what the kernel still does in the background after booting is not to be counted */
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
        run_said("/pingpong", "harts");
    } else {
        run_said("/null", NULL);
        run_said("/pingpong", NULL);
        run_said("/golang", NULL);
        measure_start("go_hello", "/gohello");
    }
}

int main(void)
{
    open_console();
    /* Words of the command line that the kernel does not know become the environment. */
    const char *bench = getenv("bench");
    if (bench != NULL && strcmp(bench, "devices") == 0)
        devices_serve(run);
    else
        measure_calls();
    printf("LINUX-DONE\n");
    reboot(RB_POWER_OFF);
    return 1;
}
