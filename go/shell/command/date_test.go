// SPDX-License-Identifier: BSD-2-Clause

package command

import (
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	want := time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)
	for text, wanted := range map[string]time.Time{
		"2024-02-03T04:05:06Z":         want,
		"2024-02-03T05:05:06+01:00":    want,
		"2024-02-03 04:05:06":          want,
		"2024-02-03T04:05:06":          want,
		"Sat Feb  3 04:05:06 UTC 2024": want,
		"@1706933106":                  want,
		"2024-02-03":                   want.Truncate(24 * time.Hour),
	} {
		if got, err := parseDate(text); err != nil || !got.Equal(wanted) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "tomorrow", "@", "@x", "2024-02-30", "04:05", "2024-02-03 25:00:00"} {
		if got, err := parseDate(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
