/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who the process is: one user, root, who has no rights by that; a session and a group of its own.
 * Nobody is its child.
 */
#include <string.h>
#include "calls.h"
#include "linux_abi.h"
#include "path_abi.h"
#include "process.h"
#include "user.h"

int64_t linux_getpid(struct task *self)
{
    (void)self;
    return process.id;
}

int64_t linux_getppid(struct task *self)
{
    (void)self;
    return process.parent;
}

static int64_t root(struct task *self)
{
    (void)self;
    return 0;
}

int64_t linux_getuid(struct task *self)
{
    return root(self);
}

int64_t linux_geteuid(struct task *self)
{
    return root(self);
}

int64_t linux_getgid(struct task *self)
{
    return root(self);
}

int64_t linux_getegid(struct task *self)
{
    return root(self);
}

/* Of the user, effective user, saved user: three addresses. */
static int64_t write_three(struct task *self)
{
    uint32_t id = 0;
    for (unsigned i = 0; i < 3; i++)
        if (user_write(task_argument(self, i), &id, sizeof(id)) < 0)
            return -LINUX_EFAULT;
    return 0;
}

int64_t linux_getresuid(struct task *self)
{
    return write_three(self);
}

int64_t linux_getresgid(struct task *self)
{
    return write_three(self);
}

int64_t linux_getgroups(struct task *self)
{
    return (int32_t)task_argument(self, 0) < 0 ? -LINUX_EINVAL : 0;
}

static bool is_self(uint64_t id)
{
    return (uint32_t)id == 0 || (uint32_t)id == process.id;
}

int64_t linux_getpgid(struct task *self)
{
    return is_self(task_argument(self, 0)) ? (int64_t)process.id : -LINUX_ESRCH;
}

int64_t linux_getsid(struct task *self)
{
    return is_self(task_argument(self, 0)) ? (int64_t)process.id : -LINUX_ESRCH;
}

int64_t linux_setpgid(struct task *self)
{
    if ((int32_t)task_argument(self, 1) < 0)
        return -LINUX_EINVAL;
    return is_self(task_argument(self, 0)) && is_self(task_argument(self, 1)) ? 0 : -LINUX_ESRCH;
}

/* It leads its group already: setsid(2), EPERM. */
int64_t linux_setsid(struct task *self)
{
    (void)self;
    return -LINUX_EPERM;
}

int64_t linux_wait4(struct task *self)
{
    (void)self;
    return -LINUX_ECHILD;
}

int64_t linux_waitid(struct task *self)
{
    (void)self;
    return -LINUX_ECHILD;
}

int64_t linux_umask(struct task *self)
{
    static uint32_t mask = 022;
    return __atomic_exchange_n(&mask, (uint32_t)task_argument(self, 0) & 0777, __ATOMIC_RELAXED);
}

/* ---- Names. ---------------------------------------------------------------------------------- */

struct linux_utsname {
    char system[65], node[65], release[65], version[65], machine[65], domain[65];
};

/* A release that the C library takes for recent enough. */
int64_t linux_uname(struct task *self)
{
    static const struct linux_utsname names = {
        .system = "Linux",
        .node = LINUX_HOST_NAME,
        .release = LINUX_RELEASE,
        .version = "Anser's Linux personality",
        .machine = "riscv64",
        .domain = "(none)",
    };
    return user_write(task_argument(self, 0), &names, sizeof(names));
}

/* Names of threads: kept for the process as a whole, for nobody shows them by thread. */
int64_t linux_prctl(struct task *self)
{
    enum { SET_DUMPABLE = 4, GET_DUMPABLE = 3, SET_NAME = 15, GET_NAME = 16, SET_VMA = 0x53564d41 };
    static char name[16];
    char given[16] = "";
    switch ((uint32_t)task_argument(self, 0)) {
    case SET_NAME:
        if (user_read_string(given, task_argument(self, 1), sizeof(given)) == -LINUX_EFAULT)
            return -LINUX_EFAULT;
        given[sizeof(given) - 1] = '\0';
        memcpy(name, given, sizeof(name));
        return 0;
    case GET_NAME:
        if (name[0] == '\0')
            strncpy(name, process.name, sizeof(name) - 1);
        return user_write(task_argument(self, 1), name, sizeof(name));
    case GET_DUMPABLE:
        return 1;
    case SET_DUMPABLE:
        return 0;
    default:
        return -LINUX_EINVAL;
    }
}
