// SPDX-License-Identifier: BSD-2-Clause

package line

import (
	"strings"
	"sync"
)

// historyMax lines are kept: more than anybody scrolls through, little memory.
const historyMax = 500

// History keeps the lines that were typed, the newest last. It implements term.History.
type History struct {
	mutex sync.Mutex
	lines []string
	first int // number of lines[0], counted from 1
}

// Add keeps a line, unless it is empty or the same as the one before.
func (h *History) Add(line string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if strings.TrimSpace(line) == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	if len(h.lines) == historyMax {
		h.lines = append(h.lines[:0], h.lines[1:]...)
		h.first++
	}
	h.lines = append(h.lines, line)
}

// Len returns how many lines are kept.
func (h *History) Len() int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return len(h.lines)
}

// At returns a line; 0 is the newest.
func (h *History) At(index int) string {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.lines[len(h.lines)-1-index]
}

// All returns the lines, oldest first, and the number of the first one.
func (h *History) All() (first int, lines []string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.first + 1, append([]string(nil), h.lines...)
}
