/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cells of the tables in docs/channels.md. tools/channel-cells makes channel_cells.h of that
 * page, so what it says and what is tested are one text. A cell's id is that of its column, then
 * that of its row ("S1.a"); in a list of situations it is the id of the line ("D3").
 */
#ifndef ANSER_TESTS_CELLS_H
#define ANSER_TESTS_CELLS_H

#include <stdbool.h>
#include <stdint.h>

/* One statement: what was seen (printf) is what the page says in this cell. */
__attribute__((format(printf, 2, 3))) void cell_check(const char *id, const char *seen, ...);

/* One statement: each cell whose id begins with one of these letters was checked. The program's
 * exit status, see tap_done. */
int cells_done(const char *letters);

/* "EPIPE" of -EPIPE; "0" of what is no error. */
const char *error_name(int64_t status);

#endif
