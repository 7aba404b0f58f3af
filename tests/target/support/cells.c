/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing what a test saw with what docs/channels.md says. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include "cells.h"
#include "tap.h"

static struct cell {
    const char *id;
    const char *text;
    bool checked;
} cells[] = {
#define CELL(id, text) {id, text, false},
#include "channel_cells.h"
#undef CELL
};

#define CELLS (sizeof(cells) / sizeof(cells[0]))

static struct cell *find(const char *id)
{
    for (struct cell *cell = cells; cell < cells + CELLS; cell++)
        if (strcmp(cell->id, id) == 0)
            return cell;
    return NULL;
}

void cell_check(const char *id, const char *seen, ...)
{
    char text[160];
    va_list arguments;
    va_start(arguments, seen);
    vsnprintf(text, sizeof(text), seen, arguments);
    va_end(arguments);
    struct cell *cell = find(id);
    if (cell)
        cell->checked = true;
    const char *expected = cell ? cell->text : "(no such cell)";
    if (!TEST(strcmp(expected, text) == 0, "%s: %s", id, expected))
        printf("# seen: %s: %s\n", id, text);
}

int cells_done(const char *letters)
{
    unsigned missing = 0;
    for (const struct cell *cell = cells; cell < cells + CELLS; cell++)
        if (strchr(letters, cell->id[0]) && !cell->checked) {
            printf("# not checked: %s: %s\n", cell->id, cell->text);
            missing++;
        }
    TEST(missing == 0, "every cell of %s is tested", letters);
    return tap_done();
}

const char *error_name(int64_t status)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {EPERM, "EPERM"},       {ESRCH, "ESRCH"},   {EINTR, "EINTR"},     {EBADF, "EBADF"},
        {EAGAIN, "EAGAIN"},     {ENOMEM, "ENOMEM"}, {EFAULT, "EFAULT"},   {EBUSY, "EBUSY"},
        {EEXIST, "EEXIST"},     {EINVAL, "EINVAL"}, {EMFILE, "EMFILE"},   {EPIPE, "EPIPE"},
        {EMSGSIZE, "EMSGSIZE"}, {ENOSYS, "ENOSYS"}, {EDEADLK, "EDEADLK"}, {ETIMEDOUT, "ETIMEDOUT"},
    };
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (status == -names[i].number)
            return names[i].name;
    return status < 0 ? "an unknown error" : "0";
}
