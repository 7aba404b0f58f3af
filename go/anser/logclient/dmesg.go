// SPDX-License-Identifier: BSD-2-Clause

package logclient

import (
	"context"
	"flag"
	"fmt"
	"io"

	"anser/anser"
)

// Line is the record as dmesg shows it: the seconds since the start, the level if it is a grave one, the
// source, the text.
func (r Record) Line() string {
	when := "            "
	if r.Time != 0 {
		microseconds := anser.Duration(r.Time).Microseconds()
		when = fmt.Sprintf("%5d.%06d", microseconds/1e6, microseconds%1e6)
	}
	level := ""
	if notice, _ := ParseLevel("notice"); r.Level < notice {
		level = Levels[r.Level] + ": "
	}
	return fmt.Sprintf("[%s] %s: %s%s", when, r.Source, level, r.Text)
}

// Dmesg is the command: `dmesg [-f] [-s SOURCE] [-l LEVEL]`. It prints the log to out; with -f it goes on
// until ctx is done. What is wrong with the arguments is told in the error, in one line.
func Dmesg(ctx context.Context, out io.Writer, arguments []string) error {
	flags := flag.NewFlagSet("dmesg", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	follow := flags.Bool("f", false, "follow")
	source := flags.String("s", "", "source")
	level := flags.String("l", Levels[len(Levels)-1], "level")
	if err := flags.Parse(arguments); err != nil || flags.NArg() > 0 {
		if err == nil {
			err = fmt.Errorf("what is %q?", flags.Arg(0))
		}
		return fmt.Errorf("dmesg: %w; usage: dmesg [-f] [-s SOURCE] [-l LEVEL]", err)
	}
	filter := Filter{Source: *source}
	var err error
	if filter.Level, err = ParseLevel(*level); err == nil {
		err = Read(ctx, filter, *follow, func(r Record, lost uint64) error {
			if lost > 0 {
				if _, err := fmt.Fprintf(out, "(%d lines were no longer there)\n", lost); err != nil {
					return err
				}
			}
			_, err := fmt.Fprintln(out, r.Line())
			return err
		})
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("dmesg: %w", err)
	}
	return nil
}
