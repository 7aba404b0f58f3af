/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of an experiment, one a point, as text for people, as CSV or as JSON. */
#ifndef ANSER_PROGRAMS_LAB_TABLE_H
#define ANSER_PROGRAMS_LAB_TABLE_H

#include "arguments.h"
#include "stage.h"

/* What figures depend on beside the parameters. */
struct table_machine {
    uint64_t harts;
    uint64_t hertz;           /* ticks a second */
    bool counts_instructions; /* else the instruction columns stay empty */
};

struct table {
    const struct arguments *arguments;
    const struct table_machine *machine;
    unsigned row_count;
    struct stage_outcome *rows; /* point_count of them */
};

/* Text and CSV: the heading. JSON: what stands before the rows. */
void table_begin(const struct table *table);

/* The row of this index; JSON: its object. */
void table_row(const struct table *table, unsigned index);

void table_end(const struct table *table);

#endif
