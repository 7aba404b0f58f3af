// SPDX-License-Identifier: BSD-2-Clause

package complete

import (
	"io/fs"
	"os"
	"slices"
	"testing"
	"testing/fstest"
)

func completer() *Completer {
	tree := fstest.MapFS{"etc/motd": {}, "etc/hosts": {}, "programs/hello": {}, ".hidden": {}}
	return &Completer{
		Commands: func() []string { return []string{"help", "history", "hello", "ps", "ps"} },
		ReadDir: func(dir string) ([]fs.DirEntry, error) {
			switch dir {
			case "", "/":
				return fs.ReadDir(tree, ".")
			case "etc/", "/etc/":
				return fs.ReadDir(tree, "etc")
			}
			return nil, os.ErrNotExist
		},
	}
}

func TestComplete(t *testing.T) {
	for line, want := range map[string]string{
		"p":             "ps ",
		"hel":           "hel",
		"hi":            "history ",
		"nothing":       "nothing",
		"ps | hi":       "ps | history ",
		"x; his":        "x; history ",
		"time ps && hi": "time ps && history ",
		"cat e":         "cat etc/",
		"cat /etc/m":    "cat /etc/motd ",
		"cat etc/":      "cat etc/",
		"x < etc/h":     "x < etc/hosts ",
		"cat prog":      "cat programs/",
		"cat .h":        "cat .hidden ",
		"cat no/file":   "cat no/file",
		"/pro":          "/programs/",
		"x $(p":         "x $(ps ",
	} {
		got, pos, _ := completer().Complete(line, len(line))
		if got != want || pos != len(want) {
			t.Errorf("%q: %q at %d, want %q", line, got, pos, want)
		}
	}
}

func TestChoices(t *testing.T) {
	for line, want := range map[string][]string{
		"hel":      {"hello", "help"},
		"cat etc/": {"hosts", "motd"},
		"cat ":     {"etc/", "programs/"},
		"ps":       nil,
	} {
		if _, _, choices := completer().Complete(line, len(line)); !slices.Equal(choices, want) {
			t.Errorf("%q: %q, want %q", line, choices, want)
		}
	}
}

// What stands behind the cursor stays.
func TestInTheMiddle(t *testing.T) {
	line, pos, _ := completer().Complete("p | cat", 1)
	if line != "ps  | cat" || pos != 3 {
		t.Errorf("%q at %d", line, pos)
	}
}
