// SPDX-License-Identifier: BSD-2-Clause

// Package complete finishes words of a command line: commands and programs where a command stands,
// names of files elsewhere.
package complete

import (
	"io/fs"
	"path"
	"sort"
	"strings"
)

// Completer knows what there is. It implements line.Completer.
type Completer struct {
	Commands func() []string                         // builtins, programs
	ReadDir  func(dir string) ([]fs.DirEntry, error) // relative to the shell's directory
}

// Words that are followed by a command.
var beforeCommand = map[string]bool{
	"|": true, "||": true, "&&": true, "&": true, ";": true, "(": true, "{": true, "!": true,
	"time": true, "strace": true, "run": true, "if": true, "then": true, "else": true, "do": true,
	"while": true, "until": true, "elif": true,
}

// Complete finishes the word at pos as far as it is certain. When there are several ways to go on
// and nothing more is certain, it returns them as choices.
func (c *Completer) Complete(line string, pos int) (string, int, []string) {
	start := wordStart(line[:pos])
	word := line[start:pos]
	var found []string
	if isCommand(line[:start]) && !strings.Contains(word, "/") {
		found = withPrefix(c.Commands(), word)
	} else {
		found = c.files(word)
	}
	if len(found) == 0 {
		return line, pos, nil
	}
	sure := commonPrefix(found)
	if len(found) == 1 && !strings.HasSuffix(sure, "/") {
		sure += " "
	}
	if sure == word {
		return line, pos, shortNames(found)
	}
	return line[:start] + sure + line[pos:], start + len(sure), nil
}

// wordStart is where the word at the end of text begins.
func wordStart(text string) int {
	return strings.LastIndexAny(text, " \t;|&<>()='\"") + 1
}

// isCommand tells whether a command may stand behind this text.
func isCommand(before string) bool {
	before = strings.TrimRight(before, " \t")
	if before == "" || strings.ContainsRune(";|&(", rune(before[len(before)-1])) {
		return true
	}
	words := strings.Fields(before)
	return beforeCommand[words[len(words)-1]]
}

func (c *Completer) files(word string) []string {
	dir, name := path.Split(word)
	entries, err := c.ReadDir(dir)
	if err != nil {
		return nil
	}
	var found []string
	for _, entry := range entries {
		hidden := strings.HasPrefix(entry.Name(), ".") && !strings.HasPrefix(name, ".")
		if hidden || !strings.HasPrefix(entry.Name(), name) {
			continue
		}
		full := dir + entry.Name()
		if entry.IsDir() {
			full += "/"
		}
		found = append(found, full)
	}
	sort.Strings(found)
	return found
}

func withPrefix(names []string, prefix string) []string {
	seen := map[string]bool{}
	var found []string
	for _, name := range names {
		if strings.HasPrefix(name, prefix) && !seen[name] {
			seen[name] = true
			found = append(found, name)
		}
	}
	sort.Strings(found)
	return found
}

func commonPrefix(words []string) string {
	prefix := words[0]
	for _, word := range words[1:] {
		for !strings.HasPrefix(word, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix
}

// shortNames leaves out the folder, which all of them share.
func shortNames(files []string) []string {
	names := make([]string, len(files))
	for i, file := range files {
		slash := strings.HasSuffix(file, "/")
		names[i] = path.Base(file)
		if slash {
			names[i] += "/"
		}
	}
	return names
}
