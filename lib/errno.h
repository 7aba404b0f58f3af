/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C library's error numbers, with those of Anser where picolibc has others: what a system
 * call or a server returned can then be compared with the usual names. The C library itself sets
 * none of these.
 */
#ifndef ANSER_LIB_ERRNO_H
#define ANSER_LIB_ERRNO_H

#include_next <errno.h>
#include <anser/errors.h>

#undef EADDRINUSE
#undef EADDRNOTAVAIL
#undef EAFNOSUPPORT
#undef EALREADY
#undef ECONNABORTED
#undef ECONNREFUSED
#undef ECONNRESET
#undef EDEADLK
#undef EDESTADDRREQ
#undef EHOSTDOWN
#undef EHOSTUNREACH
#undef EINPROGRESS
#undef EISCONN
#undef EMSGSIZE
#undef ENETDOWN
#undef ENETUNREACH
#undef ENOBUFS
#undef ENONET
#undef ENOPROTOOPT
#undef ENOSYS
#undef ENOTCONN
#undef EOPNOTSUPP
#undef EPROTO
#undef EPROTONOSUPPORT
#undef ESTALE
#undef ETIMEDOUT
#define EADDRINUSE      ANSER_EADDRINUSE
#define EADDRNOTAVAIL   ANSER_EADDRNOTAVAIL
#define EAFNOSUPPORT    ANSER_EAFNOSUPPORT
#define EALREADY        ANSER_EALREADY
#define ECONNABORTED    ANSER_ECONNABORTED
#define ECONNREFUSED    ANSER_ECONNREFUSED
#define ECONNRESET      ANSER_ECONNRESET
#define EDEADLK         ANSER_EDEADLK
#define EDESTADDRREQ    ANSER_EDESTADDRREQ
#define EHOSTDOWN       ANSER_EHOSTDOWN
#define EHOSTUNREACH    ANSER_EHOSTUNREACH
#define EINPROGRESS     ANSER_EINPROGRESS
#define EISCONN         ANSER_EISCONN
#define EMSGSIZE        ANSER_EMSGSIZE
#define ENETDOWN        ANSER_ENETDOWN
#define ENETUNREACH     ANSER_ENETUNREACH
#define ENOBUFS         ANSER_ENOBUFS
#define ENONET          ANSER_ENONET
#define ENOPROTOOPT     ANSER_ENOPROTOOPT
#define ENOSYS          ANSER_ENOSYS
#define ENOTCONN        ANSER_ENOTCONN
#define EOPNOTSUPP      ANSER_EOPNOTSUPP
#define EPROTO          ANSER_EPROTO
#define EPROTONOSUPPORT ANSER_EPROTONOSUPPORT
#define ESTALE          ANSER_ESTALE
#define ETIMEDOUT       ANSER_ETIMEDOUT

_Static_assert(EPERM == ANSER_EPERM && ESRCH == ANSER_ESRCH && EINTR == ANSER_EINTR &&
                   EBADF == ANSER_EBADF && EAGAIN == ANSER_EAGAIN && ENOMEM == ANSER_ENOMEM &&
                   EFAULT == ANSER_EFAULT && EBUSY == ANSER_EBUSY && EEXIST == ANSER_EEXIST &&
                   EINVAL == ANSER_EINVAL && EMFILE == ANSER_EMFILE && EPIPE == ANSER_EPIPE &&
                   ENOENT == ANSER_ENOENT && EIO == ANSER_EIO && ENODEV == ANSER_ENODEV &&
                   ENOTTY == ANSER_ENOTTY && ENOSPC == ANSER_ENOSPC && EROFS == ANSER_EROFS,
               "the others agree");

#endif
