// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"math"
	"math/bits"
	"time"
)

// Never is the deadline that does not come.
const Never uint64 = math.MaxUint64

const hertzDefault = 10_000_000

// Hertz is the number of ticks in a second.
func Hertz() uint64 {
	if hertz := startData().hertz; hertz != 0 {
		return hertz
	}
	return hertzDefault
}

// scale is value * multiplier / divisor, or Never where that is too large.
func scale(value, multiplier, divisor uint64) uint64 {
	high, low := bits.Mul64(value, multiplier)
	if high >= divisor {
		return Never
	}
	quotient, _ := bits.Div64(high, low, divisor)
	return quotient
}

// After is the deadline d from now; a negative d is over already.
func After(d time.Duration) uint64 {
	now := Now()
	ticks := scale(uint64(max(d, 0)), Hertz(), uint64(time.Second))
	if ticks > Never-1-now {
		return Never
	}
	return max(now+ticks, 1) // 0 would mean: do not wait
}

// Duration is the length of so many ticks.
func Duration(ticks uint64) time.Duration {
	return time.Duration(min(scale(ticks, uint64(time.Second), Hertz()), math.MaxInt64))
}
