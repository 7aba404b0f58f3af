/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client side of <anser/log.h>: lines for the log server, and from it. The server is found by its
 * name, which the manifest must let the program look up. Errors are -errno. A restart of the server
 * does not show.
 */
#ifndef ANSER_LIB_LOG_H
#define ANSER_LIB_LOG_H

#include <stddef.h>
#include <stdint.h>
#include <anser/log.h>

/*
 * Keeps a line under the name that the program gives itself; longer ones than LOG_TEXT_MAX are cut.
 * level: LOG_ERROR to LOG_DEBUG. Returns 0 when it is kept; -ESRCH, -EPERM: no server, or not for
 * this program; -EINVAL: no such level, source or text.
 */
int log_line(const char *source, uint64_t level, const char *text);

/* The same with printf's format. */
int log_printf(const char *source, uint64_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A reader: what it wants, and how far it is. */
struct log_reader {
    struct log_read request; /* level, source, flags; position 0 begins with the oldest record */
    uint64_t lost;           /* records that were no longer there, in all */
    uint64_t left;           /* records in `answer` that were not returned yet */
    size_t at;               /* of the next one, in bytes */
    size_t length;           /* of the answer, in bytes */
    uint64_t answer[LOG_ELEMENT / sizeof(uint64_t)];
};

/* Begins to read records of at most `level`, of all sources if `source` is "". flags: LOG_READ_*.
 * Returns 0 or -EINVAL. */
int log_reader_begin(struct log_reader *reader, const char *source, uint32_t level, uint32_t flags);

/*
 * The next record, valid until the next call: returns 1, and *text is its text, which has no NUL;
 * 0: there are no more (with LOG_READ_FOLLOW it waits instead); or -errno.
 */
int log_reader_next(struct log_reader *reader, const struct log_record **record, const char **text);

#endif
