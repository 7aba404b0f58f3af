/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign calls on memory, threads, futexes, signals and time. See calls.h. */
#ifndef ANSER_SERVERS_LINUX_CALLS_PROCESS_H
#define ANSER_SERVERS_LINUX_CALLS_PROCESS_H

#define LINUX_CALLS_PROCESS(CALL)                                                                  \
    CALL(93, exit, "d:d")                                                                          \
    CALL(94, exit_group, "d:d")                                                                    \
    CALL(95, waitid, "ddxx:d")                                                                     \
    CALL(96, set_tid_address, "x:d")                                                               \
    CALL(98, futex, "xxuxxx:d")                                                                    \
    CALL(99, set_robust_list, "xu:d")                                                              \
    CALL(101, nanosleep, "xx:d")                                                                   \
    CALL(102, getitimer, "dx:d")                                                                   \
    CALL(103, setitimer, "dxx:d")                                                                  \
    CALL(107, timer_create, "dxx:d")                                                               \
    CALL(108, timer_gettime, "dx:d")                                                               \
    CALL(109, timer_getoverrun, "d:d")                                                             \
    CALL(110, timer_settime, "dxxx:d")                                                             \
    CALL(111, timer_delete, "d:d")                                                                 \
    CALL(112, clock_settime, "dx:d")                                                               \
    CALL(113, clock_gettime, "dx:d")                                                               \
    CALL(114, clock_getres, "dx:d")                                                                \
    CALL(115, clock_nanosleep, "dxxx:d")                                                           \
    CALL(120, sched_getscheduler, "d:d")                                                           \
    CALL(121, sched_getparam, "dx:d")                                                              \
    CALL(122, sched_setaffinity, "dux:d")                                                          \
    CALL(123, sched_getaffinity, "dux:d")                                                          \
    CALL(124, sched_yield, ":d")                                                                   \
    CALL(129, kill, "fd:d")                                                                        \
    CALL(130, tkill, "fd:d")                                                                       \
    CALL(131, tgkill, "ffd:d")                                                                     \
    CALL(132, sigaltstack, "xx:d")                                                                 \
    CALL(133, rt_sigsuspend, "xu:d")                                                               \
    CALL(134, rt_sigaction, "dxxu:d")                                                              \
    CALL(135, rt_sigprocmask, "dxxu:d")                                                            \
    CALL(136, rt_sigpending, "xu:d")                                                               \
    CALL(137, rt_sigtimedwait, "xxxu:d")                                                           \
    CALL(139, rt_sigreturn, ":x")                                                                  \
    CALL(148, getresuid, "xxx:d")                                                                  \
    CALL(150, getresgid, "xxx:d")                                                                  \
    CALL(153, times, "x:d")                                                                        \
    CALL(154, setpgid, "ff:d")                                                                     \
    CALL(155, getpgid, "f:d")                                                                      \
    CALL(156, getsid, "f:d")                                                                       \
    CALL(157, setsid, ":d")                                                                        \
    CALL(158, getgroups, "dx:d")                                                                   \
    CALL(160, uname, "x:d")                                                                        \
    CALL(163, getrlimit, "dx:d")                                                                   \
    CALL(164, setrlimit, "dx:d")                                                                   \
    CALL(165, getrusage, "fx:d")                                                                   \
    CALL(166, umask, "o:o")                                                                        \
    CALL(167, prctl, "dxxxx:d")                                                                    \
    CALL(168, getcpu, "xx:d")                                                                      \
    CALL(169, gettimeofday, "xx:d")                                                                \
    CALL(170, settimeofday, "xx:d")                                                                \
    CALL(172, getpid, ":d")                                                                        \
    CALL(173, getppid, ":d")                                                                       \
    CALL(174, getuid, ":d")                                                                        \
    CALL(175, geteuid, ":d")                                                                       \
    CALL(176, getgid, ":d")                                                                        \
    CALL(177, getegid, ":d")                                                                       \
    CALL(178, gettid, ":d")                                                                        \
    CALL(179, sysinfo, "x:d")                                                                      \
    CALL(214, brk, "x:x")                                                                          \
    CALL(215, munmap, "xu:d")                                                                      \
    CALL(216, mremap, "xuuxx:x")                                                                   \
    CALL(220, clone, "xxxxx:d")                                                                    \
    CALL(222, mmap, "xuxxfx:x")                                                                    \
    CALL(226, mprotect, "xux:d")                                                                   \
    CALL(232, mincore, "xux:d")                                                                    \
    CALL(233, madvise, "xud:d")                                                                    \
    CALL(258, riscv_hwprobe, "xuuxx:d")                                                            \
    CALL(259, riscv_flush_icache, "xxx:d")                                                         \
    CALL(260, wait4, "fxxx:d")                                                                     \
    CALL(261, prlimit64, "fdxx:d")                                                                 \
    CALL(278, getrandom, "xux:d")                                                                  \
    CALL(283, membarrier, "dxd:d")                                                                 \
    CALL(293, rseq, "xuxx:d")                                                                      \
    CALL(435, clone3, "xu:d")

#endif
