/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's numbers and structures for calls on paths: what linux_abi.h lacks. */
#ifndef ANSER_SERVERS_LINUX_PATH_ABI_H
#define ANSER_SERVERS_LINUX_PATH_ABI_H

#include <stdint.h>
#include "linux_abi.h"

/* What the system calls itself, also in uname. */
#define LINUX_RELEASE   "6.1.0-anser"
#define LINUX_HOST_NAME "anser"

#define LINUX_AT_EACCESS         0x200
#define LINUX_AT_REMOVEDIR       0x200
#define LINUX_AT_SYMLINK_FOLLOW  0x400
#define LINUX_AT_NO_AUTOMOUNT    0x800
#define LINUX_AT_STATX_SYNC_TYPE 0x6000

#define LINUX_F_OK 0
#define LINUX_X_OK 1
#define LINUX_W_OK 2
#define LINUX_R_OK 4

#define LINUX_PROC_SUPER_MAGIC 0x9fa0
#define LINUX_TMPFS_MAGIC      0x01021994
#define LINUX_ST_RDONLY        1

/* struct statfs64 of the generic ABI (include/uapi/asm-generic/statfs.h). */
struct linux_statfs {
    uint64_t type;
    uint64_t block_size;
    uint64_t blocks;
    uint64_t blocks_free;
    uint64_t blocks_available;
    uint64_t files;
    uint64_t files_free;
    uint32_t id[2];
    uint64_t name_max;
    uint64_t fragment_size;
    uint64_t flags;
    uint64_t spare[4];
};
_Static_assert(sizeof(struct linux_statfs) == 120, "struct statfs of Linux");

struct linux_statx_time {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t reserved;
};

#define LINUX_STATX_BASIC 0x7ffu
#define LINUX_STATX_MAX   0x80000000u /* a bit that no caller may set */

/* struct statx (include/uapi/linux/stat.h). */
struct linux_statx {
    uint32_t mask;
    uint32_t block_size;
    uint64_t attributes;
    uint32_t links;
    uint32_t user;
    uint32_t group;
    uint16_t mode;
    uint16_t spare0;
    uint64_t inode;
    uint64_t size;
    uint64_t blocks;
    uint64_t attributes_mask;
    struct linux_statx_time accessed, birth, changed, modified;
    uint32_t special_device_major, special_device_minor;
    uint32_t device_major, device_minor;
    uint64_t mount;
    uint64_t spare[13];
};
_Static_assert(sizeof(struct linux_statx) == 256, "struct statx of Linux");

#endif
