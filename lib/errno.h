/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C library's error numbers, with those of the ABI where picolibc has others: what a system
 * call returned can then be compared with the usual names. The C library itself sets none of these.
 */
#ifndef ANSER_LIB_ERRNO_H
#define ANSER_LIB_ERRNO_H

#include_next <errno.h>
#include <anser/abi.h>

#undef EDEADLK
#undef EMSGSIZE
#undef ENOSYS
#undef ETIMEDOUT
#define EDEADLK   ANSER_EDEADLK
#define EMSGSIZE  ANSER_EMSGSIZE
#define ENOSYS    ANSER_ENOSYS
#define ETIMEDOUT ANSER_ETIMEDOUT

_Static_assert(EPERM == ANSER_EPERM && ESRCH == ANSER_ESRCH && EINTR == ANSER_EINTR &&
                   EBADF == ANSER_EBADF && EAGAIN == ANSER_EAGAIN && ENOMEM == ANSER_ENOMEM &&
                   EFAULT == ANSER_EFAULT && EBUSY == ANSER_EBUSY && EEXIST == ANSER_EEXIST &&
                   EINVAL == ANSER_EINVAL && EMFILE == ANSER_EMFILE && EPIPE == ANSER_EPIPE,
               "the others agree");

#endif
