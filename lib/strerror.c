/* SPDX-License-Identifier: BSD-2-Clause */
/* The words for error numbers of the ABI; picolibc's own table has other numbers for some. */
#include <stdio.h>
#include <string.h>
#include <errno.h>

char *strerror(int number)
{
    static const char *const words[] = {
        [0] = "no error",
        [EPERM] = "the right is missing",
        [ENOENT] = "no such thing",
        [ESRCH] = "not there",
        [EINTR] = "interrupted",
        [EIO] = "input/output error",
        [EBADF] = "no such handle",
        [EAGAIN] = "would have to wait",
        [ENOMEM] = "out of memory",
        [EACCES] = "not allowed",
        [EFAULT] = "bad address",
        [EBUSY] = "in use",
        [EEXIST] = "is there already",
        [EINVAL] = "bad argument",
        [EMFILE] = "too many handles",
        [EPIPE] = "the other side has gone",
        [EDEADLK] = "would wait for itself",
        [ENOSYS] = "no such call",
        [EMSGSIZE] = "message too long",
        [ETIMEDOUT] = "timed out",
        [ENODEV] = "no such device",
        [ENOTTY] = "not a terminal",
        [ENOSPC] = "no space left",
        [EROFS] = "read-only",
        [ENONET] = "the host has no network",
        [EPROTO] = "the peer broke the protocol",
        [EDESTADDRREQ] = "destination address required",
        [ENOPROTOOPT] = "no such option",
        [EPROTONOSUPPORT] = "no such protocol",
        [EOPNOTSUPP] = "not supported",
        [EAFNOSUPPORT] = "no such address family",
        [EADDRINUSE] = "address in use",
        [EADDRNOTAVAIL] = "not an address of this machine",
        [ENETDOWN] = "the network is down",
        [ENETUNREACH] = "network unreachable",
        [ECONNABORTED] = "connection aborted",
        [ECONNRESET] = "connection reset by peer",
        [ENOBUFS] = "no buffers left",
        [EISCONN] = "connected already",
        [ENOTCONN] = "not connected",
        [ECONNREFUSED] = "connection refused",
        [EHOSTDOWN] = "the host is down",
        [EHOSTUNREACH] = "no route to host",
        [EALREADY] = "under way already",
        [EINPROGRESS] = "under way",
        [ESTALE] = "the server was restarted",
    };
    static __thread char unknown[24];
    if (number >= 0 && (size_t)number < sizeof(words) / sizeof(words[0]) && words[number] != NULL)
        return (char *)words[number];
    snprintf(unknown, sizeof(unknown), "error %d", number);
    return unknown;
}
