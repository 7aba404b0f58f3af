/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs: start, wait for their end, jobs in the background. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <anser/console.h>
#include "lib/clock.h"
#include "lib/console.h"
#include "lib/syscall.h"
#include "init_client.h"
#include "shell.h"

#define JOBS_MAX        16
#define SIGINT          2    /* Linux's number */
#define BADGE_INTERRUPT 1000 /* of the handle that Ctrl-C comes through; jobs are below */

struct job {
    bool used;
    bool ended;
    bool told; /* to end, by Ctrl-C */
    char name[INIT_NAME_MAX];
    struct started program;
    uint64_t session; /* number of its console session */
    uint64_t started; /* ticks */
    uint64_t exit[6]; /* words of its exit event */
};

static struct job jobs[JOBS_MAX]; /* job n has number and badge n + 1 */

static unsigned number_of(const struct job *job)
{
    return (unsigned)(job - jobs) + 1;
}

/* ---- Ends. ----------------------------------------------------------------------------------- */

static void describe_end(const struct job *job, char *text, size_t size)
{
    if (job->exit[2] == ANSER_EXIT_NORMAL)
        snprintf(text, size, "status %" PRId64, (int64_t)job->exit[1]);
    else if (job->exit[2] == ANSER_EXIT_KILLED)
        snprintf(text, size, "killed");
    else
        snprintf(text, size, "fault, cause %" PRIu64 " at address 0x%" PRIx64 ", pc 0x%" PRIx64,
                 job->exit[3], job->exit[4], job->exit[5]);
}

static void report_end(struct job *job)
{
    char end[96];
    uint64_t milliseconds = clock_nanoseconds(clock_now() - job->started) / 1000000;
    describe_end(job, end, sizeof(end));
    printf("[%u] %s: %s (%" PRIu64 ".%03" PRIu64 " s)\n", number_of(job), job->name, end,
           milliseconds / 1000, milliseconds % 1000);
    handle_close(job->program.process);
    handle_close(job->program.signals);
    *job = (struct job){.used = false};
}

/* Ctrl-C: a program that knows signals gets SIGINT and decides itself; one of ours is told once. */
static void interrupt(struct job *job)
{
    bool again = job->told && !job->program.foreign;
    job->told = true;
    if (job->program.signals && !again)
        sys_signal(job->program.signals, 1 << (SIGINT - 1));
    else
        sys_process_kill(job->program.process, 128 + SIGINT);
}

/* Takes one event, waiting until the deadline. Ctrl-C ends the job in the foreground, if any. */
static int take_event(struct job *foreground, uint64_t deadline)
{
    uint64_t words[8];
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    int error = channel_receive(shell.events.receive, &in, 0, deadline);
    if (error < 0)
        return error;
    if (in.flags & ANSER_INFO_GONE)
        return 0;
    if ((in.flags & ANSER_INFO_EVENT) && in.badge >= 1 && in.badge <= JOBS_MAX) {
        struct job *job = &jobs[in.badge - 1];
        memcpy(job->exit, words, sizeof(job->exit));
        job->ended = job->used;
    } else if (in.badge == BADGE_INTERRUPT && foreground) {
        interrupt(foreground);
    }
    return 0;
}

void jobs_report(void)
{
    while (take_event(NULL, 0) == 0)
        continue;
    for (unsigned i = 0; i < JOBS_MAX; i++)
        if (jobs[i].ended)
            report_end(&jobs[i]);
}

/* Gives the job the input and waits until it has ended. */
static void wait_job(struct job *job)
{
    fflush(stdout);
    console_foreground(shell.session, job->session);
    int error = 0;
    while (!job->ended && (error == 0 || error == -ANSER_EINTR))
        error = take_event(job, CLOCK_NEVER);
    console_foreground(shell.session, 0);
    if (job->ended)
        report_end(job);
}

/* ---- Starts. --------------------------------------------------------------------------------- */

static struct job *free_job(void)
{
    for (unsigned i = 0; i < JOBS_MAX; i++)
        if (!jobs[i].used)
            return &jobs[i];
    return NULL;
}

/* Starts the program as this job; returns 0 or -errno. */
static int64_t start_job(struct job *job, unsigned count, char **words)
{
    anser_handle interrupt = channel_mint(shell.events.receive, BADGE_INTERRUPT);
    anser_handle session = console_open(shell.session, interrupt, &job->session);
    if (session < 0)
        return session;
    anser_handle exit = channel_mint(shell.events.receive, number_of(job));
    job->started = clock_now();
    int64_t error = init_start(count, words, session, exit, &job->program);
    if (error < 0)
        return error;
    snprintf(job->name, sizeof(job->name), "%s", words[0]);
    job->used = true;
    job->ended = false;
    job->told = false;
    return 0;
}

static bool is_program(const char *name)
{
    struct init_program program = {.next = 0};
    while (init_next_program(program.next, &program) == 1)
        if (strcmp(program.name, name) == 0)
            return true;
    return false;
}

bool program_run(unsigned count, char **words)
{
    bool background = count > 1 && strcmp(words[count - 1], "&") == 0;
    struct job *job = free_job();
    if (!is_program(words[0]))
        return false;
    if (!job) {
        printf("%s: %d programs run already\n", words[0], JOBS_MAX);
        return true;
    }
    int64_t error = start_job(job, count - background, words);
    if (error < 0 && job->program.text[0])
        printf("%s: %s\n", words[0], job->program.text);
    else if (error < 0)
        say_error("run", words[0], error);
    else if (background)
        printf("[%u] %s is process %" PRIu64 "\n", number_of(job), job->name, job->program.id);
    else
        wait_job(job);
    return true;
}

/* ---- Commands. ------------------------------------------------------------------------------- */

void command_run(unsigned count, char **words)
{
    if (count < 2)
        printf("run: which program? 'ls' shows them\n");
    else if (!program_run(count - 1, words + 1))
        printf("run: '%s' is no program; 'ls' shows them\n", words[1]);
}

void command_jobs(unsigned count, char **words)
{
    (void)count;
    (void)words;
    for (unsigned i = 0; i < JOBS_MAX; i++)
        if (jobs[i].used)
            printf("[%u] %s, process %" PRIu64 "\n", i + 1, jobs[i].name, jobs[i].program.id);
}

void command_foreground(unsigned count, char **words)
{
    uint64_t number;
    if (count < 2)
        printf("fg: which job? 'jobs' shows them\n");
    else if (words_number(words[1], &number)) {
        if (number < 1 || number > JOBS_MAX || !jobs[number - 1].used)
            printf("fg: there is no job %" PRIu64 "\n", number);
        else
            wait_job(&jobs[number - 1]);
    }
}

void command_programs(unsigned count, char **words)
{
    (void)count;
    (void)words;
    struct init_program program = {.next = 0};
    int64_t status;
    while ((status = init_next_program(program.next, &program)) == 1)
        printf("%-20s %8" PRIu64 " bytes\n", program.name, program.size);
    if (status < 0)
        say_error("ls", "init", status);
}
