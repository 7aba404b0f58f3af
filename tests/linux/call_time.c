/* SPDX-License-Identifier: BSD-2-Clause */
/* Bad calls on clocks. */
#include "call_table.h"

#include <time.h>

unsigned bad_time_calls(unsigned *wrong)
{
    struct timespec day = {1000000000, 0}, late = {INT64_MAX / 1000000000, 0};
    struct timespec wild = {0, 1000000000}, negative = {-1, 0}, below = {0, -1}, none = {0, 0};
    const struct bad_call calls[] = {
        CALL(nanosleep, -EFAULT, BAD_IN, 0),
        CALL(nanosleep, -EINVAL, AT(&wild), 0),
        CALL(nanosleep, -EINVAL, AT(&negative), 0),
        CALL(nanosleep, -EINVAL, AT(&below), 0),
        CALL(nanosleep, 0, AT(&none), 0),
        CALL(clock_gettime, -EINVAL, 77, AT(places.good)),
        CALL(clock_gettime, -EFAULT, CLOCK_MONOTONIC, BAD_OUT),
        CALL(clock_gettime, -EFAULT, CLOCK_REALTIME, BAD_OUT),
        CALL(clock_getres, -EINVAL, 77, AT(places.good)),
        CALL(clock_nanosleep, -EINVAL, 77, 0, AT(&none), 0),
        CALL(clock_nanosleep, -EINVAL, CLOCK_MONOTONIC, 0, AT(&wild), 0),
        CALL(clock_nanosleep, -EFAULT, CLOCK_MONOTONIC, 0, BAD_IN, 0),
        CALL(clock_nanosleep, 0, CLOCK_MONOTONIC, TIMER_ABSTIME, AT(&none), 0),
        CALL(gettimeofday, -EFAULT, AT(places.read_only), 0),
        CALL(clock_settime, -EINVAL, CLOCK_MONOTONIC, AT(&day)),
        CALL(clock_settime, -EFAULT, CLOCK_REALTIME, BAD_IN),
        CALL(clock_settime, -EINVAL, CLOCK_REALTIME, AT(&wild)),
        CALL(clock_settime, -EINVAL, CLOCK_REALTIME, AT(&negative)),
        CALL(clock_settime, -EINVAL, CLOCK_REALTIME, AT(&late)),
        CALL(clock_settime, -EPERM, CLOCK_REALTIME, AT(&day)),
        CALL(settimeofday, -EINVAL, AT(&wild), 0),
        CALL(settimeofday, -EPERM, AT(&day), 0),
        CALL(settimeofday, 0, 0, 0),
    };
    return TRY(calls, wrong);
}
