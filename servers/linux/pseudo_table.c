/* SPDX-License-Identifier: BSD-2-Clause */
/* The pseudo files, a line each. A directory stands before what it holds. */
#include "pseudo_table.h"

#define DIRECTORY(path)                                                                            \
    {                                                                                              \
        path, LINUX_S_IFDIR | 0555, 0, NULL, NULL, NULL                                            \
    }
#define LINK(path, target)                                                                         \
    {                                                                                              \
        path, LINUX_S_IFLNK | 0777, 0, NULL, NULL, target                                          \
    }
#define TEXT(path, generate)                                                                       \
    {                                                                                              \
        path, LINUX_S_IFREG | 0444, 0, NULL, generate, NULL                                        \
    }
#define DEVICE(path, major, minor, ops)                                                            \
    {                                                                                              \
        path, LINUX_S_IFCHR | 0666, (major) << 8 | (minor), ops, NULL, NULL                        \
    }

/* Device numbers: Linux's Documentation/admin-guide/devices.txt. */
const struct pseudo_node pseudo_nodes[] = {
    DIRECTORY("/dev"),
    DEVICE("/dev/null", 1, 3, &pseudo_null),
    DEVICE("/dev/zero", 1, 5, &pseudo_zero),
    DEVICE("/dev/full", 1, 7, &pseudo_full),
    DEVICE("/dev/random", 1, 8, &pseudo_random),
    DEVICE("/dev/urandom", 1, 9, &pseudo_random),
    DEVICE("/dev/tty", 5, 0, NULL), /* the terminal among the standard descriptors */
    LINK("/dev/fd", text_descriptors),
    LINK("/dev/stdin", text_standard_input),
    LINK("/dev/stdout", text_standard_output),
    LINK("/dev/stderr", text_standard_error),
    TEXT(PSEUDO_RESOLVERS, text_resolvers),
    DIRECTORY("/proc"),
    TEXT("/proc/cpuinfo", text_processors),
    TEXT("/proc/stat", text_processor_times),
    TEXT("/proc/uptime", text_uptime),
    TEXT("/proc/version", text_version),
    DIRECTORY("/proc/self"),
    TEXT("/proc/self/auxv", text_auxiliary),
    TEXT("/proc/self/cmdline", text_command_line),
    TEXT("/proc/self/comm", text_command),
    LINK("/proc/self/cwd", text_working_directory),
    TEXT("/proc/self/environ", text_environment),
    LINK("/proc/self/exe", text_executable),
    DIRECTORY("/proc/self/fd"),
    TEXT("/proc/self/maps", text_maps),
    LINK("/proc/self/root", text_root),
    TEXT("/proc/self/status", text_status),
    DIRECTORY("/proc/sys"),
    DIRECTORY("/proc/sys/net"),
    DIRECTORY("/proc/sys/net/core"),
    TEXT("/proc/sys/net/core/somaxconn", text_backlog),
    DIRECTORY("/proc/sys/kernel"),
    TEXT("/proc/sys/kernel/hostname", text_host_name),
    TEXT("/proc/sys/kernel/osrelease", text_release),
    TEXT("/proc/sys/kernel/ostype", text_system_name),
    DIRECTORY("/sys"),
    DIRECTORY("/sys/devices"),
    DIRECTORY("/sys/devices/system"),
    DIRECTORY("/sys/devices/system/cpu"),
    TEXT("/sys/devices/system/cpu/online", text_processors_online),
    TEXT("/sys/devices/system/cpu/possible", text_processors_online),
};

const unsigned pseudo_node_count = sizeof(pseudo_nodes) / sizeof(pseudo_nodes[0]);
