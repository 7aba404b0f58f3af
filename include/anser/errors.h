/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Errors that servers answer with beside those of the kernel (<anser/abi.h>): Linux's numbers too,
 * which differ from those of the C library. lib/errno.h gives the usual names these values.
 */
#ifndef ANSER_ERRORS_H
#define ANSER_ERRORS_H

#include <anser/abi.h>

#define ANSER_ENOENT          2
#define ANSER_EIO             5
#define ANSER_EACCES          13
#define ANSER_ENODEV          19
#define ANSER_ENOTTY          25
#define ANSER_ENOSPC          28
#define ANSER_EROFS           30
#define ANSER_ENONET          64
#define ANSER_EPROTO          71 /* the peer broke the protocol's rules */
#define ANSER_EDESTADDRREQ    89
#define ANSER_ENOPROTOOPT     92
#define ANSER_EPROTONOSUPPORT 93
#define ANSER_EOPNOTSUPP      95
#define ANSER_EAFNOSUPPORT    97
#define ANSER_EADDRINUSE      98
#define ANSER_EADDRNOTAVAIL   99
#define ANSER_ENETDOWN        100
#define ANSER_ENETUNREACH     101
#define ANSER_ECONNABORTED    103
#define ANSER_ECONNRESET      104
#define ANSER_ENOBUFS         105
#define ANSER_EISCONN         106
#define ANSER_ENOTCONN        107
#define ANSER_ECONNREFUSED    111
#define ANSER_EHOSTDOWN       112
#define ANSER_EHOSTUNREACH    113
#define ANSER_EALREADY        114
#define ANSER_EINPROGRESS     115
#define ANSER_ESTALE          116 /* of an earlier life of the server */

#endif
