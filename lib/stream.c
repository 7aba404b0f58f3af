/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stdin, stdout and stderr on console sessions. Without a session, output goes to the kernel's log
 * if the program may write there, else it is dropped, as with a closed descriptor nobody reads.
 */
#include <errno.h>
#include <stdio-bufio.h>
#include <unistd.h>
#include <anser/init.h>
#include "channel.h"
#include "console.h"
#include "libc_lock.h"
#include "start.h"
#include "stream.h"
#include "syscall.h"

#define STREAM_BUFFER 1024

static struct {
    anser_handle session;
    anser_handle log;
} files[3];

static ssize_t status_to_posix(int64_t status)
{
    if (status >= 0)
        return (ssize_t)status;
    errno = (int)-status;
    return -1;
}

ssize_t read(int file, void *buffer, size_t count)
{
    if (file < 0 || file > 2 || files[file].session <= 0)
        return file == STDIN_FILENO ? 0 : status_to_posix(-ANSER_EBADF);
    return status_to_posix(console_read(files[file].session, buffer, count));
}

ssize_t write(int file, const void *buffer, size_t count)
{
    if (file < 0 || file > 2)
        return status_to_posix(-ANSER_EBADF);
    if (files[file].session > 0)
        return status_to_posix(console_write(files[file].session, buffer, count));
    if (files[file].log > 0)
        return status_to_posix(sys_log_write(files[file].log, buffer, count));
    return (ssize_t)count;
}

/* The streams are never closed: what is behind them ends with the process. */
static int keep_open(int file)
{
    (void)file;
    return 0;
}

static char buffers[3][STREAM_BUFFER];
static struct __lock locks[3];

#define STREAM(file, rights)                                                                       \
    FDEV_SETUP_BUFIO(file, buffers[file], STREAM_BUFFER, read, write, NULL, keep_open, rights,     \
                     __BLBF)

static struct __file_bufio streams[3] = {
    STREAM(STDIN_FILENO, __SRD),
    STREAM(STDOUT_FILENO, __SWR),
    STREAM(STDERR_FILENO, __SWR),
};

FILE *const stdin = &streams[STDIN_FILENO].xfile.cfile.file;
FILE *const stdout = &streams[STDOUT_FILENO].xfile.cfile.file;
FILE *const stderr = &streams[STDERR_FILENO].xfile.cfile.file;

void stream_init(void)
{
    static const char *const names[3] = {START_STDIN, START_STDOUT, START_STDERR};
    for (int file = 0; file < 3; file++) {
        files[file].session = start_handle(names[file]);
        files[file].log = start_handle(START_LOG);
        if (files[file].log == 0)
            files[file].log = start_handle(START_SYSTEM);
        streams[file].lock = &locks[file];
    }
}

void stream_flush(void)
{
    fflush(stdout);
    fflush(stderr);
}
