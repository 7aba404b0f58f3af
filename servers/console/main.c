/* SPDX-License-Identifier: BSD-2-Clause */
/* The console program: reads a line, runs a command or a program, and again. */
#include <stdio.h>
#include <string.h>
#include <anser/init.h>
#include "lib/clock.h"
#include "lib/console.h"
#include "lib/start.h"
#include "prompt.h"
#include "shell.h"

#define PROMPT "anser> "

struct shell shell;

static struct prompt prompt;
static char output[4000]; /* a screenful in a few writes */

static void command_help(unsigned count, char **words);

static const struct command commands[] = {
    {"help", "", "this list", command_help},
    {"ls", "", "programs of the boot archive", command_programs},
    {"run", "NAME ARGS", "starts a program; the name alone does it, too; & at the end: background",
     command_run},
    {"jobs", "", "programs in the background", command_jobs},
    {"fg", "JOB", "waits for a program in the background and gives it the input",
     command_foreground},
    {"ps", "", "processes and threads, and what they wait for", command_processes},
    {"kill", "PID", "ends a process", command_kill},
    {"mem", "", "who holds which memory", command_memory},
    {"chan", "", "published channels, and who waits at them", command_channels},
    {"services", "", "the servers that init keeps running", command_services},
    {"devices", "", "the machine's devices, and who drives them", command_devices},
    {"restart", "SERVICE", "ends a service and starts it again", command_restart},
    {"dmesg", "", "the kernel's log", command_log},
    {"uptime", "[boot]", "time since the machine was started; what booting took", command_uptime},
    {"shutdown", "[CODE]", "switches the machine off", command_shutdown},
    {"reboot", "", "starts the machine again", command_reboot},
};

static void command_help(unsigned count, char **words)
{
    (void)count;
    (void)words;
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        printf("  %-9s %-10s %s\n", commands[i].name, commands[i].arguments, commands[i].about);
    printf(
        "Ctrl-C ends the program in the foreground, Ctrl-T shows what every thread waits for.\n");
}

static void execute(char *line)
{
    char *words[WORDS_MAX + 1];
    int count = words_split(line, words);
    if (count < 0) {
        printf("more than %d words, or a quote that does not end\n", WORDS_MAX);
        return;
    }
    if (count == 0)
        return;
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(commands[i].name, words[0]) == 0) {
            commands[i].run((unsigned)count, words);
            return;
        }
    if (!program_run((unsigned)count, words))
        printf("%s: no such command or program; try help or ls\n", words[0]);
}

static void echo(void *context, const char *text, size_t length)
{
    (void)context;
    fwrite(text, 1, length, stdout);
}

static void begin_line(void)
{
    jobs_report();
    printf(PROMPT);
    prompt_begin(&prompt);
}

static void feed(unsigned char byte)
{
    enum prompt_event event = prompt_feed(&prompt, byte);
    if (event == PROMPT_OPEN)
        return;
    if (event == PROMPT_END)
        printf("\n'shutdown' switches the machine off\n");
    if (event == PROMPT_DONE)
        execute(prompt.line);
    begin_line();
}

int main(void)
{
    shell.session = start_handle(START_STDIN);
    shell.system = start_handle(START_SYSTEM);
    shell.init = start_handle(START_INIT);
    /* Ctrl-C and ends of programs are few; room for more than can come before they are read. */
    if (channel_create(&shell.events, 64, 32) < 0)
        return 1;
    setvbuf(stdout, output, _IOFBF, sizeof(output));
    console_set_mode(shell.session, CONSOLE_MODE_CRLF);
    console_foreground(shell.session, 0);
    prompt.echo = echo;
    printf("Anser. 'help' lists the commands.\n");
    begin_line();
    fflush(stdout);
    shell.prompt_instructions = clock_instructions();
    for (;;) {
        char bytes[256];
        fflush(stdout);
        int64_t length = console_read(shell.session, bytes, sizeof(bytes));
        if (length < 0)
            return 1;
        for (int64_t i = 0; i < length; i++)
            feed((unsigned char)bytes[i]);
    }
}
