/* SPDX-License-Identifier: BSD-2-Clause */
/* Bad calls on epoll, poll, eventfd and timerfd. */
#include "call_table.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static unsigned epoll_cases(uint64_t epoll, uint64_t event, unsigned *wrong)
{
    struct epoll_event wanted = {.events = EPOLLIN};
    uint64_t one = 1;
    uint64_t good = AT(places.good);
    const struct bad_call calls[] = {
        CALL(epoll_create1, -EINVAL, 0x7777),
        CALL(epoll_ctl, -EBADF, BAD_FD, EPOLL_CTL_ADD, event, AT(&wanted)),
        CALL(epoll_ctl, -EBADF, epoll, EPOLL_CTL_ADD, BAD_FD, AT(&wanted)),
        CALL(epoll_ctl, -EFAULT, epoll, EPOLL_CTL_ADD, event, BAD_IN),
        CALL(epoll_ctl, -EINVAL, epoll, EPOLL_CTL_ADD, epoll, AT(&wanted)),
        CALL(epoll_ctl, -EINVAL, event, EPOLL_CTL_ADD, epoll, AT(&wanted)),
        CALL(epoll_ctl, -EINVAL, epoll, 77, event, AT(&wanted)),
        CALL(epoll_ctl, -ENOENT, epoll, EPOLL_CTL_DEL, event, 0),
        CALL(epoll_ctl, -ENOENT, epoll, EPOLL_CTL_MOD, event, AT(&wanted)),
        CALL(epoll_ctl, 0, epoll, EPOLL_CTL_ADD, event, AT(&wanted)),
        CALL(epoll_ctl, -EEXIST, epoll, EPOLL_CTL_ADD, event, AT(&wanted)),
        CALL(epoll_pwait, -EBADF, BAD_FD, good, 1, 0, 0, 8),
        CALL(epoll_pwait, -EINVAL, event, good, 1, 0, 0, 8),
        CALL(epoll_pwait, -EINVAL, epoll, good, 0, 0, 0, 8),
        CALL(epoll_pwait, -EINVAL, epoll, good, (uint64_t)-1, 0, 0, 8),
        CALL(epoll_pwait, 0, epoll, good, 1, 0, 0, 8),
        CALL(write, 8, event, AT(&one), 8),
        CALL(epoll_pwait, -EFAULT, epoll, BAD_OUT, 1, 0, 0, 8),
        CALL(epoll_pwait, 1, epoll, good, 1, 0, 0, 8),
    };
    return TRY(calls, wrong);
}

unsigned bad_poll_calls(unsigned *wrong)
{
    int epoll = epoll_create1(0), event = eventfd(0, EFD_NONBLOCK);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    if (epoll < 0 || event < 0 || timer < 0)
        return 0;
    struct pollfd none = {.fd = 900, .events = POLLIN};
    struct timespec now = {0, 0}, wild = {0, 1000000000}, negative = {-1, 0};
    struct itimerspec wild_timer = {.it_value = {0, -1}}, no_timer = {.it_value = {0, 0}};
    uint64_t full = UINT64_MAX;
    uint64_t good = AT(places.good);
    const struct bad_call calls[] = {
        CALL(ppoll, -EFAULT, BAD_OUT, 1, AT(&now), 0, 8),
        CALL(ppoll, -EINVAL, AT(&none), (uint32_t)-1, AT(&now), 0, 8),
        CALL(ppoll, -EINVAL, AT(&none), 1, AT(&wild), 0, 8),
        CALL(ppoll, -EINVAL, AT(&none), 1, AT(&negative), 0, 8),
        CALL(ppoll, -EFAULT, AT(&none), 1, AT(places.no_access), 0, 8),
        CALL(ppoll, 1, AT(&none), 1, AT(&now), 0, 8), /* POLLNVAL */
        CALL(pselect6, -EINVAL, (uint64_t)-1, 0, 0, 0, AT(&now), 0),
        CALL(pselect6, -EFAULT, 8, AT(places.no_access), 0, 0, AT(&now), 0),
        CALL(read, -EINVAL, (uint64_t)event, good, 7),
        CALL(read, -EAGAIN, (uint64_t)event, good, 8),
        CALL(write, -EINVAL, (uint64_t)event, good, 7),
        CALL(write, -EINVAL, (uint64_t)event, AT(&full), 8),
        CALL(write, -EFAULT, (uint64_t)event, BAD_IN, 8),
        CALL(timerfd_create, -EINVAL, 77, 0),
        CALL(timerfd_create, -EINVAL, CLOCK_MONOTONIC, 0x7777),
        CALL(timerfd_settime, -EBADF, BAD_FD, 0, AT(&no_timer), 0),
        CALL(timerfd_settime, -EINVAL, (uint64_t)event, 0, AT(&no_timer), 0),
        CALL(timerfd_settime, -EINVAL, (uint64_t)timer, 0, AT(&wild_timer), 0),
        CALL(timerfd_settime, -EFAULT, (uint64_t)timer, 0, BAD_IN, 0),
        CALL(timerfd_gettime, -EFAULT, (uint64_t)timer, BAD_OUT),
        CALL(read, -EINVAL, (uint64_t)timer, good, 7),
        CALL(read, -EAGAIN, (uint64_t)timer, good, 8),
    };
    unsigned made = TRY(calls, wrong) + epoll_cases((uint64_t)epoll, (uint64_t)event, wrong);
    close(epoll);
    close(event);
    close(timer);
    return made;
}
