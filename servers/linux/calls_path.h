/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign calls on names of files. See calls.h. */
#ifndef ANSER_SERVERS_LINUX_CALLS_PATH_H
#define ANSER_SERVERS_LINUX_CALLS_PATH_H

#define LINUX_CALLS_PATH(CALL)                                                                     \
    CALL(17, getcwd, "xu:d")                                                                       \
    CALL(33, mknodat, "dsox:d")                                                                    \
    CALL(34, mkdirat, "dso:d")                                                                     \
    CALL(35, unlinkat, "dsx:d")                                                                    \
    CALL(36, symlinkat, "sds:d")                                                                   \
    CALL(37, linkat, "dsdsx:d")                                                                    \
    CALL(43, statfs, "sx:d")                                                                       \
    CALL(44, fstatfs, "fx:d")                                                                      \
    CALL(45, truncate, "su:d")                                                                     \
    CALL(46, ftruncate, "fu:d")                                                                    \
    CALL(48, faccessat, "dso:d")                                                                   \
    CALL(49, chdir, "s:d")                                                                         \
    CALL(50, fchdir, "f:d")                                                                        \
    CALL(52, fchmod, "fo:d")                                                                       \
    CALL(53, fchmodat, "dso:d")                                                                    \
    CALL(54, fchownat, "dsddx:d")                                                                  \
    CALL(55, fchown, "fdd:d")                                                                      \
    CALL(56, openat, "dsxo:f")                                                                     \
    CALL(61, getdents64, "fxu:d")                                                                  \
    CALL(78, readlinkat, "dsxu:d")                                                                 \
    CALL(79, newfstatat, "dsxx:d")                                                                 \
    CALL(80, fstat, "fx:d")                                                                        \
    CALL(88, utimensat, "dsxx:d")                                                                  \
    CALL(276, renameat2, "dsdsx:d")                                                                \
    CALL(291, statx, "dsxxx:d")                                                                    \
    CALL(439, faccessat2, "dsox:d")

#endif
