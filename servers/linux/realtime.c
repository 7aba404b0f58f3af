/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock server is asked for when a program first wants to know the time of day: most do not,
 * and should not pay for it when they start. The page that it gives is mapped at LINUX_REALTIME,
 * and read by the vDSO without a call.
 */
#include "realtime.h"

#include <stddef.h>
#include "layout.h"
#include "lib/channel.h"
#include "lib/clock.h"
#include "lib/thread.h"
#include "lib/names.h"
#include "lib/realtime.h"
#include "lib/syscall.h"
#include "linux_abi.h"
#include "process.h"

static struct {
    struct mutex lock;
    anser_handle server; /* 0: not found yet; -errno: there is none for this program */
} clock_server;

static struct linux_clock *const own = (struct linux_clock *)LINUX_CLOCK;

/* As vdso.S has them. */
_Static_assert(offsetof(struct linux_clock, nanoseconds_a_tick) == 0 &&
                   offsetof(struct linux_clock, real_page) == 8 &&
                   offsetof(struct realtime_page, sequence) == 0 &&
                   offsetof(struct realtime_page, offset) == 8,
               "what the vDSO reads");

void realtime_init(void)
{
    struct sys_result result =
        sys_region_map(0, LINUX_CLOCK, ANSER_PAGE_SIZE,
                       ANSER_PROT_READ | ANSER_PROT_WRITE | ANSER_MAP_NOREPLACE, 0, 0);
    if (result.status < 0)
        return;
    if (1000000000 % process.ticks_a_second == 0)
        own->nanoseconds_a_tick = 1000000000 / process.ticks_a_second;
    sys_region_protect(0, LINUX_CLOCK, ANSER_PAGE_SIZE, ANSER_PROT_READ);
}

/* Without a server the time of day begins in 1970 at boot: what the own page says, for ever. */
static uint64_t map_page(anser_handle server)
{
    anser_handle page = server > 0 ? realtime_page(server) : server;
    struct sys_result mapped = {.status = page};
    if (page > 0)
        mapped = sys_region_map(0, LINUX_REALTIME, ANSER_PAGE_SIZE,
                                ANSER_PROT_READ | ANSER_MAP_NOREPLACE, page, 0);
    handle_close(page);
    return mapped.status < 0 ? (uint64_t)&own->none : LINUX_REALTIME;
}

/* The lock is held. The own page is writable for a moment; it is the program's own time. */
static void find_server(void)
{
    clock_server.server = names_lookup(REALTIME_SERVICE);
    uint64_t real_page = map_page(clock_server.server);
    sys_region_protect(0, LINUX_CLOCK, ANSER_PAGE_SIZE, ANSER_PROT_READ | ANSER_PROT_WRITE);
    __atomic_store_n(&own->real_page, real_page, __ATOMIC_RELEASE);
    sys_region_protect(0, LINUX_CLOCK, ANSER_PAGE_SIZE, ANSER_PROT_READ);
}

static const struct realtime_page *real_page(void)
{
    if (__atomic_load_n(&own->real_page, __ATOMIC_ACQUIRE) == 0) {
        mutex_lock(&clock_server.lock);
        if (own->real_page == 0)
            find_server();
        mutex_unlock(&clock_server.lock);
    }
    return (const struct realtime_page *)own->real_page;
}

uint64_t realtime_base(void)
{
    const struct realtime_page *page = real_page();
    uint64_t offset;
    while (!realtime_read(page, &offset))
        clock_sleep(1);
    return clock_ticks(offset);
}

int64_t realtime_change(uint64_t nanoseconds)
{
    real_page();
    if (clock_server.server <= 0)
        return -LINUX_EPERM;
    int error = realtime_set(clock_server.server, nanoseconds, 0);
    return error == 0 || error == -LINUX_EINVAL ? error : -LINUX_EPERM;
}
