/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminal ioctls, as far as a console session's mode says the same: termios(3), tty_ioctl(4). */
#include "descriptor_abi.h"
#include "process.h"
#include "stream.h"
#include "user.h"

#define ROWS    24
#define COLUMNS 80

/* Indices of `characters`: VINTR VQUIT VERASE VKILL VEOF VTIME VMIN, and VSUSP. */
static const uint8_t characters[19] = {3, 28, 127, 21, 4, 0, 1, [10] = 26};

/* Sets the mode, or with CONSOLE_MODE_ASK not. Returns the one before, or -errno. */
static int64_t exchange_mode(struct stream *stream, uint64_t mode)
{
    uint64_t request[2] = {CONSOLE_MODE, mode};
    int64_t answer[2];
    if (stream_kind(stream) == STREAM_PIPE)
        return -LINUX_ENOTTY;
    return stream_ask(stream, request, sizeof(request), answer, sizeof(answer));
}

static int64_t get_attributes(struct stream *stream, uint64_t to)
{
    int64_t mode = exchange_mode(stream, CONSOLE_MODE_ASK);
    if (mode < 0)
        return mode;
    struct linux_termios attributes = {.control = LINUX_B38400 | LINUX_CS8 | LINUX_CREAD};
    if (mode & CONSOLE_MODE_LINE) {
        attributes.input = LINUX_ICRNL;
        attributes.local = LINUX_ISIG | LINUX_ICANON | LINUX_ECHOE | LINUX_ECHOK;
    }
    if (mode & CONSOLE_MODE_ECHO)
        attributes.local |= LINUX_ECHO;
    if (mode & CONSOLE_MODE_CRLF)
        attributes.output = LINUX_OPOST | LINUX_ONLCR;
    for (unsigned i = 0; i < sizeof(characters); i++)
        attributes.characters[i] = characters[i];
    return user_write(to, &attributes, sizeof(attributes));
}

static int64_t set_attributes(struct stream *stream, uint64_t from)
{
    struct linux_termios wanted;
    uint64_t mode = 0;
    if (user_read(&wanted, from, sizeof(wanted)) < 0)
        return -LINUX_EFAULT;
    if (wanted.local & LINUX_ICANON)
        mode |= CONSOLE_MODE_LINE;
    if (wanted.local & LINUX_ECHO)
        mode |= CONSOLE_MODE_ECHO;
    if (wanted.output & LINUX_OPOST && wanted.output & LINUX_ONLCR)
        mode |= CONSOLE_MODE_CRLF;
    int64_t before = exchange_mode(stream, mode);
    return before < 0 ? before : 0;
}

/* What a terminal alone answers: 0 if this is one. */
static int64_t need_terminal(struct stream *stream)
{
    switch (stream_kind(stream)) {
    case STREAM_TERMINAL:
        return 0;
    case STREAM_PIPE:
        return -LINUX_ENOTTY;
    default:
        return -LINUX_ERESTARTNOINTR;
    }
}

static int64_t get_size(struct stream *stream, uint64_t to)
{
    static const struct linux_winsize size = {.rows = ROWS, .columns = COLUMNS};
    int64_t status = need_terminal(stream);
    return status < 0 ? status : user_write(to, &size, sizeof(size));
}

static int64_t get_group(struct stream *stream, uint64_t to)
{
    int64_t status = need_terminal(stream);
    return status < 0 ? status : user_write(to, &process.id, sizeof(process.id));
}

static int64_t get_available(struct stream *stream, uint64_t to)
{
    mutex_lock(&stream->lock);
    int32_t count = (int32_t)(stream->end - stream->begin);
    mutex_unlock(&stream->lock);
    return user_write(to, &count, sizeof(count));
}

int64_t stream_ioctl(struct task *self, struct file *file, uint64_t request, uint64_t argument)
{
    struct stream *stream = (struct stream *)file;
    (void)self;
    switch (request) {
    case LINUX_TCGETS:
        return get_attributes(stream, argument);
    case LINUX_TCSETS:
    case LINUX_TCSETSW:
    case LINUX_TCSETSF:
        return set_attributes(stream, argument);
    case LINUX_TIOCGWINSZ:
        return get_size(stream, argument);
    case LINUX_TIOCGPGRP:
        return get_group(stream, argument);
    case LINUX_FIONREAD:
        return get_available(stream, argument);
    default:
        return -LINUX_ENOTTY;
    }
}
