/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands of the console program share: its handles, its words, and its pieces. */
#ifndef ANSER_SERVERS_CONSOLE_SHELL_H
#define ANSER_SERVERS_CONSOLE_SHELL_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/abi.h>
#include "lib/channel.h"

#define WORDS_MAX 32 /* of a command line */

struct shell {
    anser_handle session; /* of the console */
    anser_handle system;
    anser_handle init;
    struct channel events;        /* ends of programs, and Ctrl-C while one is in the foreground */
    uint64_t prompt_instructions; /* this hart's counter when the first prompt was out */
};

extern struct shell shell;

/* A command gets its words, NULL-terminated; words[0] is its name. */
struct command {
    const char *name;
    const char *arguments; /* as shown by help */
    const char *about;
    void (*run)(unsigned count, char **words);
};

/* Cuts `line` (which is changed) into words; "..." keeps blanks together. Returns their number, or
 * -1 if there are too many or a quote is open. */
int words_split(char *line, char *words[WORDS_MAX + 1]);

/* Reads a number >= 0. False, with a line on the console: it is none. */
bool words_number(const char *word, uint64_t *number);

/* One error line for a command: "COMMAND: what: error". */
void say_error(const char *command, const char *what, int64_t error);

/* programs.c: start, wait, jobs. */
void command_run(unsigned count, char **words);
void command_jobs(unsigned count, char **words);
void command_foreground(unsigned count, char **words);
void command_programs(unsigned count, char **words);
/* Starts words[0] as a program; "&" as the last word leaves it in the background. False: there is
 * no such program. */
bool program_run(unsigned count, char **words);
/* Reports the programs that have ended in the background. */
void jobs_report(void);

/* inspect.c: what is there. */
void command_processes(unsigned count, char **words);
void command_memory(unsigned count, char **words);
void command_channels(unsigned count, char **words);
void command_services(unsigned count, char **words);
void command_devices(unsigned count, char **words);

/* control.c: the machine. */
void command_kill(unsigned count, char **words);
void command_restart(unsigned count, char **words);
void command_log(unsigned count, char **words);
void command_uptime(unsigned count, char **words);
void command_shutdown(unsigned count, char **words);
void command_reboot(unsigned count, char **words);

#endif
