/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands that act on processes and the machine. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "lib/clock.h"
#include "lib/syscall.h"
#include "init_client.h"
#include "shell.h"

void command_kill(unsigned count, char **words)
{
    uint64_t id;
    if (count != 2) {
        printf("kill: which process? 'ps' shows them\n");
        return;
    }
    if (!words_number(words[1], &id))
        return;
    anser_handle process = sys_process_find(shell.system, id);
    int64_t error = process < 0 ? process : sys_process_kill(process, 0);
    handle_close(process);
    if (error < 0)
        say_error("kill", words[1], error);
}

void command_restart(unsigned count, char **words)
{
    int64_t error = count == 2 ? init_restart(words[1]) : 0;
    if (count != 2)
        printf("restart: which service? 'services' shows them\n");
    else if (error < 0)
        say_error("restart", words[1], error);
}

void command_log(unsigned count, char **words)
{
    (void)count;
    (void)words;
    char text[1024];
    uint64_t position = 0;
    for (;;) {
        struct sys_result read = sys_log_read(shell.system, text, sizeof(text), position);
        if (read.status < 0)
            say_error("dmesg", "log", read.status);
        if (read.status <= 0)
            return;
        fwrite(text, 1, (size_t)read.status, stdout);
        position = read.value;
    }
}

/* Counters are per hart: the figure means something with SMP=1 and, in QEMU, -icount only. */
static void print_boot(void)
{
    struct anser_system_info info;
    struct sys_result result =
        sys_system_info(shell.system, ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    if (result.status < 0)
        say_error("uptime", "system", result.status);
    else
        printf("%" PRIu64 " instructions from the loader's first to the first prompt\n",
               shell.prompt_instructions - info.boot_instret);
}

void command_uptime(unsigned count, char **words)
{
    if (count > 1 && strcmp(words[1], "boot") == 0) {
        print_boot();
        return;
    }
    uint64_t seconds = clock_nanoseconds(clock_now()) / 1000000000;
    printf("up %" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "\n", seconds / 3600, seconds / 60 % 60,
           seconds % 60);
}

static void power(const char *command, uint64_t action, uint64_t code)
{
    fflush(stdout); /* answered when the last byte is in the device */
    int64_t error = sys_system_power(shell.system, action, code);
    say_error(command, "system", error);
}

void command_shutdown(unsigned count, char **words)
{
    uint64_t code = 0;
    if (count < 2 || words_number(words[1], &code))
        power("shutdown", ANSER_POWER_OFF, code & 0xff);
}

void command_reboot(unsigned count, char **words)
{
    (void)count;
    (void)words;
    power("reboot", ANSER_POWER_REBOOT, 0);
}
