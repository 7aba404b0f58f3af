/* SPDX-License-Identifier: BSD-2-Clause */
/* Bad calls about processes, threads and signals. */
#define _GNU_SOURCE
#include "call_table.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define SET 8 /* bytes of a signal set */

static unsigned signals(unsigned *wrong)
{
    stack_t tiny = {.ss_sp = places.good, .ss_size = 100}, odd = {.ss_flags = 0x77};
    uint64_t self = (uint64_t)getpid(), thread = (uint64_t)gettid();
    const struct bad_call calls[] = {
        CALL(rt_sigaction, -EINVAL, 0, 0, 0, SET),
        CALL(rt_sigaction, -EINVAL, 65, 0, 0, SET),
        CALL(rt_sigaction, -EINVAL, (uint64_t)-1, 0, 0, SET),
        CALL(rt_sigaction, -EINVAL, SIGUSR1, 0, 0, SET + 1),
        CALL(rt_sigaction, -EINVAL, SIGKILL, AT(places.good), 0, SET),
        CALL(rt_sigaction, -EFAULT, SIGUSR1, AT(places.no_access), 0, SET),
        CALL(rt_sigaction, -EFAULT, SIGUSR1, 0, AT(places.read_only), SET),
        CALL(rt_sigprocmask, -EINVAL, 77, AT(places.good), 0, SET),
        CALL(rt_sigprocmask, -EINVAL, SIG_BLOCK, AT(places.good), 0, SET - 1),
        CALL(rt_sigprocmask, -EFAULT, SIG_BLOCK, AT(places.no_access), 0, SET),
        CALL(rt_sigprocmask, -EFAULT, SIG_BLOCK, 0, AT(places.read_only), SET),
        CALL(sigaltstack, -ENOMEM, AT(&tiny), 0),
        CALL(sigaltstack, -EINVAL, AT(&odd), 0),
        CALL(sigaltstack, -EFAULT, AT(places.no_access), 0),
        CALL(sigaltstack, -EFAULT, 0, AT(places.read_only)),
        CALL(tgkill, -EINVAL, self, thread, 65),
        CALL(tgkill, -EINVAL, self, thread, (uint64_t)-1),
        CALL(tgkill, -EINVAL, self, 0, SIGUSR1),
        CALL(tgkill, -EINVAL, (uint64_t)-1, thread, SIGUSR1),
        CALL(tgkill, -ESRCH, self, 0x3ffffff, SIGUSR1),
        CALL(tgkill, 0, self, thread, 0),
        CALL(kill, -EINVAL, self, 65),
        CALL(kill, -ESRCH, 0x3ffffff, SIGUSR1),
        CALL(kill, 0, self, 0),
    };
    return TRY(calls, wrong);
}

unsigned bad_process_calls(unsigned *wrong)
{
    uint64_t good = AT(places.good);
    const struct bad_call calls[] = {
        CALL(clone, -EINVAL, CLONE_THREAD, good + 4096),
        CALL(clone, -EINVAL, CLONE_SIGHAND, good + 4096),
        CALL(clone, -EINVAL, CLONE_THREAD | CLONE_SIGHAND, good + 4096),
        CALL(set_robust_list, -EINVAL, good, 7),
        CALL(sched_getaffinity, -EINVAL, 0, 3, good),
        CALL(sched_getaffinity, -EFAULT, 0, 128, BAD_OUT),
        CALL(sched_getaffinity, -ESRCH, 0x3ffffff, 128, good),
        CALL(prlimit64, -EFAULT, 0, RLIMIT_NOFILE, 0, AT(places.read_only)),
        CALL(prlimit64, -EFAULT, 0, RLIMIT_NOFILE, AT(places.no_access), 0),
        CALL(prlimit64, -EINVAL, 0, 77, 0, good),
        CALL(uname, -EFAULT, BAD_OUT),
        CALL(getrandom, -EFAULT, BAD_OUT, 16, 0),
        CALL(getrandom, -EINVAL, good, 16, 0x7777),
        CALL(getrandom, 0, good, 0, 0),
        CALL(getrusage, -EINVAL, 77, good),
        CALL(getrusage, -EFAULT, RUSAGE_SELF, BAD_OUT),
        CALL(wait4, -ECHILD, (uint64_t)-1, 0, 0, 0),
    };
    return signals(wrong) + TRY(calls, wrong);
}
