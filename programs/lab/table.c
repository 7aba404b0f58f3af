/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same columns in three forms: the parameters, harts, what every experiment measures, and the
 * experiment's own. A value that nobody measured, or that means nothing here, stays empty.
 */
#include "table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "lib/clock.h"
#include "parameter.h"

#define CELL_MAX     24
#define COLUMN_WIDTH 10 /* at least */

/* The columns that every experiment has, behind its parameters. */
enum shared_column {
    HARTS,
    OPERATIONS,
    INSTRUCTIONS,
    INSTRUCTIONS_EACH,
    TICKS,
    NANOSECONDS_EACH,
    SHARED_COLUMNS
};

static const struct lab_column shared_columns[SHARED_COLUMNS] = {
    [HARTS] = {.name = "harts", .meaning = "harts of the machine"},
    [OPERATIONS] = {.name = "operations", .meaning = "what was measured, in number"},
    [INSTRUCTIONS] = {.name = "instructions", .meaning = "of all harts, kernel included"},
    [INSTRUCTIONS_EACH] = {.name = "instructions_each", .meaning = "instructions per operation"},
    [TICKS] = {.name = "ticks", .meaning = "of the machine's timer"},
    [NANOSECONDS_EACH] = {.name = "ns_each", .meaning = "nanoseconds per operation"},
};

static unsigned parameter_count(const struct lab_experiment *experiment)
{
    unsigned count = 0;
    while (parameter_at(experiment, count) != NULL)
        count++;
    return count;
}

/* The name of the column, or NULL: there are no more. Its meaning too. */
static const char *column_name(const struct lab_experiment *experiment, unsigned index,
                               const char **meaning)
{
    unsigned parameters = parameter_count(experiment);
    if (index < parameters) {
        *meaning = parameter_at(experiment, index)->meaning;
        return parameter_at(experiment, index)->name;
    }
    index -= parameters;
    const struct lab_column *column = index < SHARED_COLUMNS
                                          ? &shared_columns[index]
                                          : &experiment->columns[index - SHARED_COLUMNS];
    if (index >= SHARED_COLUMNS + LAB_COLUMNS_MAX)
        return NULL;
    *meaning = column->meaning;
    return column->name;
}

static void write_thousandths(uint64_t value, char text[static CELL_MAX])
{
    snprintf(text, CELL_MAX, "%" PRIu64 ".%03" PRIu64, value / 1000, value % 1000);
}

/* value / operations, with three places; wide, for a long run's product exceeds 64 bits. */
static void write_mean(uint64_t value, uint64_t operations, char text[static CELL_MAX])
{
    write_thousandths((uint64_t)((unsigned __int128)value * 1000 / operations), text);
}

static void write_shared(const struct table *table, const struct stage_outcome *outcome,
                         enum shared_column column, char text[static CELL_MAX])
{
    const struct stage_result *operations = &outcome->operations;
    bool each = column == INSTRUCTIONS_EACH || column == NANOSECONDS_EACH;
    bool ticks = column == TICKS || column == NANOSECONDS_EACH;
    const struct stage_result *result = column == OPERATIONS ? operations
                                        : ticks              ? &outcome->ticks
                                                             : &outcome->instructions;
    text[0] = '\0';
    if (column == HARTS)
        snprintf(text, CELL_MAX, "%" PRIu64, table->machine->harts);
    if (column == HARTS || !result->present || (each && operations->value == 0))
        return;
    if (result == &outcome->instructions && !table->machine->counts_instructions)
        return;
    if (each)
        write_mean(ticks ? clock_nanoseconds(result->value) : result->value, operations->value,
                   text);
    else
        snprintf(text, CELL_MAX, "%" PRIu64, result->value);
}

/* The text of a cell, empty if there is no value. */
static void write_cell(const struct table *table, unsigned row, unsigned column,
                       char text[static CELL_MAX])
{
    const struct lab_experiment *experiment = table->arguments->experiment;
    const struct stage_outcome *outcome = &table->rows[row];
    unsigned parameters = parameter_count(experiment);
    if (column < parameters) {
        struct lab_point point;
        arguments_point(table->arguments, row, &point);
        parameter_write(parameter_at(experiment, column), point.values[column], text, CELL_MAX);
        return;
    }
    column -= parameters;
    if (column < SHARED_COLUMNS) {
        write_shared(table, outcome, (enum shared_column)column, text);
        return;
    }
    column -= SHARED_COLUMNS;
    const struct stage_result *result = &outcome->columns[column];
    text[0] = '\0';
    if (result->present && experiment->columns[column].thousandths)
        write_thousandths(result->value, text);
    else if (result->present)
        snprintf(text, CELL_MAX, "%" PRIu64, result->value);
}

/* ---- JSON. ----------------------------------------------------------------------------------- */

/* Names, meanings and choices are ours: they hold nothing that JSON would want escaped. */
static void begin_json(const struct table *table)
{
    const struct lab_experiment *experiment = table->arguments->experiment;
    const struct table_machine *machine = table->machine;
    const char *meaning, *name;
    printf("{\n\"experiment\": \"%s\",\n\"operation\": \"%s\",\n", experiment->name,
           experiment->operation);
    printf("\"abi\": %d,\n\"harts\": %" PRIu64 ",\n\"hertz\": %" PRIu64
           ",\n\"counts_instructions\": %s,\n",
           ANSER_ABI_VERSION, machine->harts, machine->hertz,
           machine->counts_instructions ? "true" : "false");
    printf("\"columns\": [\n");
    for (unsigned i = 0; (name = column_name(experiment, i, &meaning)) != NULL; i++)
        printf("%s{\"name\": \"%s\", \"meaning\": \"%s\"}", i > 0 ? ",\n" : "", name, meaning);
    printf("],\n\"rows\": [\n");
}

static bool is_number(const char *text)
{
    return text[strspn(text, "0123456789.")] == '\0';
}

static void row_json(const struct table *table, unsigned row)
{
    const char *meaning, *name;
    char cell[CELL_MAX];
    printf("%s{", row > 0 ? ",\n" : "");
    for (unsigned i = 0; (name = column_name(table->arguments->experiment, i, &meaning)) != NULL;
         i++) {
        write_cell(table, row, i, cell);
        const char *quote = is_number(cell) ? "" : "\"";
        printf("%s\"%s\": %s%s%s", i > 0 ? ", " : "", name, quote, cell[0] ? cell : "null", quote);
    }
    printf("}");
}

/* ---- Text and CSV. --------------------------------------------------------------------------- */

/* CSV has no names or words that would want quoting. */
static void print_cell(const struct table *table, unsigned column, const char *name,
                       const char *text)
{
    size_t width = strlen(name) < COLUMN_WIDTH ? COLUMN_WIDTH : strlen(name);
    if (table->arguments->format == FORMAT_CSV)
        printf("%s%s", column > 0 ? "," : "", text);
    else
        printf("%s%*s", column > 0 ? " " : "", (int)width, text[0] ? text : "-");
}

static void begin_text(const struct table *table)
{
    const struct table_machine *machine = table->machine;
    printf("%s. Operation: %s.\n%" PRIu64 " hart%s. ", table->arguments->experiment->summary,
           table->arguments->experiment->operation, machine->harts, machine->harts == 1 ? "" : "s");
    if (!machine->counts_instructions)
        printf(
            "QEMU counts no instructions without -icount: ticks are its host's time, and vary.\n");
    else if (machine->harts == 1)
        printf("Instructions are counted (-icount), and exact; ticks follow from them.\n");
    else
        printf(
            "Instructions are counted (-icount), of all harts together, which take turns: ticks\n"
            "do not show what several harts gain.\n");
}

/* ---- All. ------------------------------------------------------------------------------------ */

void table_begin(const struct table *table)
{
    const char *meaning, *name;
    if (table->arguments->format == FORMAT_JSON) {
        begin_json(table);
        return;
    }
    if (table->arguments->format == FORMAT_TEXT)
        begin_text(table);
    for (unsigned i = 0; (name = column_name(table->arguments->experiment, i, &meaning)) != NULL;
         i++)
        print_cell(table, i, name, name);
    printf("\n");
}

void table_row(const struct table *table, unsigned index)
{
    const char *meaning, *name;
    char cell[CELL_MAX];
    if (table->arguments->format == FORMAT_JSON) {
        row_json(table, index);
        return;
    }
    for (unsigned i = 0; (name = column_name(table->arguments->experiment, i, &meaning)) != NULL;
         i++) {
        write_cell(table, index, i, cell);
        print_cell(table, i, name, cell);
    }
    printf("\n");
}

void table_end(const struct table *table)
{
    if (table->arguments->format == FORMAT_JSON)
        printf("\n]\n}\n");
}
