/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab: experiments with channels, parametrised, each process in its own address space. `lab list`
 * shows them, `lab help NAME` one's parameters, `lab NAME PARAMETER=VALUE,VALUE...` runs one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <anser/init.h>
#include "lib/clock.h"
#include "lib/start.h"
#include "lib/syscall.h"
#include "arguments.h"
#include "parameter.h"
#include "stage.h"
#include "table.h"
#include "worker.h"

#define EXIT_USAGE 2

static int list(void)
{
    const struct lab_experiment *experiment = experiment_first();
    for (; experiment != NULL; experiment = experiment->next)
        printf("%-12s %s\n", experiment->name, experiment->summary);
    return 0;
}

static void describe(const struct lab_parameter *parameter)
{
    char value[LAB_NAME_MAX];
    parameter_write(parameter, parameter->otherwise, value, sizeof(value));
    printf("  %-10s %s; ", parameter->name, parameter->meaning);
    if (parameter->choices != NULL)
        printf("one of: %s", parameter->choices);
    else
        printf("%" PRIu64 " to %" PRIu64, parameter->least, parameter->most);
    printf(" (%s)\n", value);
}

static int help(const char *name)
{
    const struct lab_experiment *experiment = experiment_find(name);
    const struct lab_parameter *parameter;
    if (experiment == NULL) {
        fprintf(stderr, "lab: no experiment '%s'; 'lab list' shows those that there are\n", name);
        return EXIT_USAGE;
    }
    printf("%s: %s\nOperation: %s. Processes:", name, experiment->summary, experiment->operation);
    for (unsigned i = 0; i < LAB_ROLES_MAX && experiment->roles[i].name != NULL; i++)
        printf(" %s", experiment->roles[i].name);
    printf("\nParameters, and what they are if not given:\n");
    for (unsigned i = 0; (parameter = parameter_at(experiment, i)) != NULL; i++)
        describe(parameter);
    printf("  %-10s of the results; one of: text csv json (text)\n", "format");
    for (unsigned i = 0; i < LAB_COLUMNS_MAX && experiment->columns[i].name != NULL; i++)
        printf("%s  %-10s %s\n", i == 0 ? "Columns of its own:\n" : "", experiment->columns[i].name,
               experiment->columns[i].meaning);
    return 0;
}

/* The kernel's own choices, among ready cases of a select, begin with the point's seed. */
static bool seed_kernel(const struct lab_point *point)
{
    int64_t status =
        sys_system_debug(start_handle(START_SYSTEM), ANSER_DEBUG_SEED, lab_value(point, "seed"));
    if (status < 0)
        fprintf(stderr, "lab: cannot seed the kernel's generator: %s\n", strerror((int)-status));
    return status == 0;
}

static bool look_around(struct table_machine *machine)
{
    struct anser_system_info info = {.harts = 0};
    struct sys_result result =
        sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    *machine = (struct table_machine){.harts = info.harts,
                                      .hertz = clock_hertz(),
                                      .counts_instructions = clock_counts_instructions()};
    if (result.status < 0 || start_handle(START_INIT) == 0)
        fprintf(stderr, "lab: it was not given what it needs: the rights 'system info debug' and "
                        "'processes' of the manifest\n");
    return result.status >= 0 && start_handle(START_INIT) != 0;
}

/* On stderr, for who waits: rows as text come one by one, other forms at the end. */
static void show_progress(const struct table *table, unsigned index, const struct lab_point *point)
{
    char text[256];
    if (table->arguments->format == FORMAT_TEXT || table->arguments->point_count == 1)
        return;
    parameter_write_all(point, text, sizeof(text));
    fprintf(stderr, "lab: %u of %u:%s\n", index + 1, table->arguments->point_count, text);
}

static bool run_point(struct table *table, unsigned index)
{
    struct lab_point point;
    char error[STAGE_ERROR_MAX], text[256];
    arguments_point(table->arguments, index, &point);
    show_progress(table, index, &point);
    if (!seed_kernel(&point))
        return false;
    if (stage_run(&point, &table->rows[index], error))
        return true;
    parameter_write_all(&point, text, sizeof(text));
    fprintf(stderr, "lab: %s%s: %s\n", point.experiment->name, text, error);
    return false;
}

/* Runs all points. Rows of CSV and JSON come at the end, in one piece. */
static int run(const struct arguments *arguments)
{
    bool at_once = arguments->format == FORMAT_TEXT, good = true;
    struct table_machine machine;
    struct table table = {.arguments = arguments, .machine = &machine};
    if (!look_around(&machine))
        return 1;
    table.rows = calloc(arguments->point_count, sizeof(*table.rows));
    if (table.rows == NULL) {
        fprintf(stderr, "lab: no memory for %u rows\n", arguments->point_count);
        return 1;
    }
    if (at_once)
        table_begin(&table);
    for (unsigned i = 0; i < arguments->point_count && good; i++) {
        fflush(stdout);
        good = run_point(&table, i);
        if (good && at_once)
            table_row(&table, i);
    }
    if (good && !at_once) {
        table_begin(&table);
        for (unsigned i = 0; i < arguments->point_count; i++)
            table_row(&table, i);
        table_end(&table);
    }
    free(table.rows);
    return good ? 0 : 1;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: lab list\n       lab help EXPERIMENT\n"
            "       lab EXPERIMENT [PARAMETER=VALUE[,VALUE...]]... [format=text|csv|json]\n");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    static struct arguments arguments; /* too large for the stack */
    if (argc == 2 && strcmp(argv[1], "--worker") == 0)
        return worker_run();
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list();
    if (argc == 3 && strcmp(argv[1], "help") == 0)
        return help(argv[2]);
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "list") == 0)
        return usage();
    if (!arguments_read(&arguments, (unsigned)argc - 1, argv + 1))
        return EXIT_USAGE;
    return run(&arguments);
}
