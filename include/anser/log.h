/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The protocol of the log server, which keeps the lines of the kernel's log and those that programs
 * send. It serves the name "log" (LOG_SERVICE) of the name service.
 *
 * Every request begins with a 64-bit type; every answer begins with a 64-bit status, >= 0 or
 * -errno. The server may be restarted: requests that wait in its queue are served by its successor,
 * one that was being served ends with -EPIPE and is made again (lib/log.h does).
 */
#ifndef ANSER_LOG_H
#define ANSER_LOG_H

#include <stdint.h>
#include <anser/abi.h>

#define LOG_SERVICE  "log"
#define LOG_ELEMENT  ANSER_ELEMENT_MAX
#define LOG_TEXT_MAX 1024 /* bytes of one line; what is longer is cut */

/* Levels, the gravest first. What comes from the kernel's log is LOG_INFO. */
#define LOG_ERROR   0
#define LOG_WARNING 1
#define LOG_NOTICE  2
#define LOG_INFO    3
#define LOG_DEBUG   4

/*
 * LOG_WRITE: struct log_write, then the line without its end, UTF-8. The answer is 0 as soon as
 *   the line is kept; a request that is sent instead of called is kept as well. Control characters
 *   are shown as '?'. -EINVAL: no such level, no source, no text.
 * LOG_READ: struct log_read. The answer is a struct log_records, then as many records as fit; the
 *   status is their number. With LOG_READ_FOLLOW it waits until there is at least one; else 0 says
 *   that there are no more. -EINVAL: no such level, or unknown flags; -EBUSY: too many wait. Of one
 *   handle at most 4 reads wait: a further one ends the oldest with -EBUSY.
 */
#define LOG_WRITE 0x601
#define LOG_READ  0x602

#define LOG_READ_FOLLOW 1u

struct log_write {
    uint64_t type;
    uint64_t level;
    char source[ANSER_NAME_MAX]; /* what the program calls itself, with its NUL */
};

struct log_read {
    uint64_t type;
    uint64_t position;           /* of the first record that is wanted; 0: the oldest */
    uint32_t level;              /* at most this */
    uint32_t flags;              /* LOG_READ_* */
    char source[ANSER_NAME_MAX]; /* of this source only; "": of all */
};

struct log_records {
    int64_t status;
    uint64_t next; /* the position to go on from */
    uint64_t lost; /* records from `position` on that were no longer there */
};

/* The next record begins at the next multiple of 8 behind the text. */
struct log_record {
    uint64_t position;
    uint64_t time; /* ticks, when the server got it; 0: before it was restarted */
    uint32_t level;
    uint32_t length; /* bytes of text that follow */
    char source[ANSER_NAME_MAX];
};

#endif
