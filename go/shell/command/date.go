// SPDX-License-Identifier: BSD-2-Clause

package command

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"anser/shell/eval"
)

// What date -s takes, in UTC.
var dateLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04",
	"2006-01-02", time.UnixDate}

func parseDate(text string) (time.Time, error) {
	if seconds, ok := strings.CutPrefix(text, "@"); ok {
		number, err := strconv.ParseInt(seconds, 10, 64)
		if err == nil {
			return time.Unix(number, 0), nil
		}
	}
	for _, layout := range dateLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("'%s' is no time; try 2006-01-02 15:04:05 or @SECONDS", text)
}

func (s *set) date(c *eval.Call) int {
	switch {
	case len(c.Args) == 1:
	case len(c.Args) > 2 && c.Args[1] == "-s":
		at, err := parseDate(strings.Join(c.Args[2:], " "))
		if err != nil {
			return c.Fail("%v", err)
		}
		if err := s.machine.SetTime(at); err != nil {
			return c.Fail("cannot set the time of day: %v", err)
		}
	default:
		return c.Fail("write 'date' or 'date -s TIME'")
	}
	fmt.Fprintln(c.Stdout, time.Now().UTC().Format(time.UnixDate))
	return 0
}
