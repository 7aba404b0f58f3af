/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's numbers and structures for descriptors, waiting and terminals: what linux_abi.h lacks. */
#ifndef ANSER_SERVERS_LINUX_DESCRIPTOR_ABI_H
#define ANSER_SERVERS_LINUX_DESCRIPTOR_ABI_H

#include <stdint.h>
#include "linux_abi.h"

/* ---- fcntl, pipe2, close_range. -------------------------------------------------------------- */
#define LINUX_O_ASYNC  020000
#define LINUX_O_DIRECT 040000

#define LINUX_F_DUPFD         0
#define LINUX_F_GETFD         1
#define LINUX_F_SETFD         2
#define LINUX_F_GETFL         3
#define LINUX_F_SETFL         4
#define LINUX_F_GETLK         5
#define LINUX_F_SETLK         6
#define LINUX_F_SETLKW        7
#define LINUX_F_DUPFD_CLOEXEC 1030
#define LINUX_F_SETPIPE_SZ    1031
#define LINUX_F_GETPIPE_SZ    1032

#define LINUX_FD_CLOEXEC 1

#define LINUX_CLOSE_RANGE_UNSHARE 2
#define LINUX_CLOSE_RANGE_CLOEXEC 4

#define LINUX_PIPE_BUF 4096

/* ---- poll, select, epoll: one set of bits. --------------------------------------------------- */
#define LINUX_POLLIN     0x001u
#define LINUX_POLLPRI    0x002u
#define LINUX_POLLOUT    0x004u
#define LINUX_POLLERR    0x008u
#define LINUX_POLLHUP    0x010u
#define LINUX_POLLNVAL   0x020u
#define LINUX_POLLRDNORM 0x040u
#define LINUX_POLLRDBAND 0x080u
#define LINUX_POLLWRNORM 0x100u
#define LINUX_POLLWRBAND 0x200u
#define LINUX_POLLRDHUP  0x2000u

#define LINUX_POLL_READABLE (LINUX_POLLIN | LINUX_POLLRDNORM)
#define LINUX_POLL_WRITABLE (LINUX_POLLOUT | LINUX_POLLWRNORM)

struct linux_pollfd {
    int32_t descriptor;
    int16_t events;
    int16_t revents;
};

#define LINUX_EPOLLEXCLUSIVE (1u << 28)
#define LINUX_EPOLLWAKEUP    (1u << 29)
#define LINUX_EPOLLONESHOT   (1u << 30)
#define LINUX_EPOLLET        (1u << 31)

#define LINUX_EPOLL_CTL_ADD 1
#define LINUX_EPOLL_CTL_DEL 2
#define LINUX_EPOLL_CTL_MOD 3

/* Not packed on riscv64: 16 bytes. */
struct linux_epoll_event {
    uint32_t events;
    uint32_t padding;
    uint64_t data;
};

/* ---- eventfd, timerfd. ----------------------------------------------------------------------- */
#define LINUX_EFD_SEMAPHORE 1

#define LINUX_TFD_TIMER_ABSTIME       1
#define LINUX_TFD_TIMER_CANCEL_ON_SET 2

/* ---- Terminals. ------------------------------------------------------------------------------ */
#define LINUX_TCGETS     0x5401
#define LINUX_TCSETS     0x5402
#define LINUX_TCSETSW    0x5403
#define LINUX_TCSETSF    0x5404
#define LINUX_TIOCGPGRP  0x540f
#define LINUX_TIOCGWINSZ 0x5413
#define LINUX_FIONREAD   0x541b
#define LINUX_FIONBIO    0x5421
#define LINUX_FIONCLEX   0x5450
#define LINUX_FIOCLEX    0x5451

#define LINUX_ICRNL  0000400
#define LINUX_OPOST  0000001
#define LINUX_ONLCR  0000004
#define LINUX_B38400 0000017
#define LINUX_CS8    0000060
#define LINUX_CREAD  0000200
#define LINUX_ISIG   0000001
#define LINUX_ICANON 0000002
#define LINUX_ECHO   0000010
#define LINUX_ECHOE  0000020
#define LINUX_ECHOK  0000040

struct linux_termios {
    uint32_t input;
    uint32_t output;
    uint32_t control;
    uint32_t local;
    uint8_t line;
    uint8_t characters[19];
};
_Static_assert(sizeof(struct linux_termios) == 36, "struct termios of the kernel");

struct linux_winsize {
    uint16_t rows;
    uint16_t columns;
    uint16_t width; /* pixels */
    uint16_t height;
};

/* How a call ends that has to be begun again after signals were delivered, whatever their handlers
 * say; no program ever sees it. */
#define LINUX_ERESTARTNOINTR 513

#endif
