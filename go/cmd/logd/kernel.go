// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"bytes"
	"strings"

	"anser/abi"
)

// kernelLog cuts the text of the kernel's ring into lines.
type kernelLog struct {
	read     func(buffer []byte, position uint64) (int, uint64, error)
	position uint64 // behind what was read
	partial  []byte // a line whose end has not come
}

// kernelLine is a line, and where it begins in the kernel's log.
type kernelLine struct {
	begin uint64
	text  string
}

// drain reads everything that is there. It returns the complete lines, and how many bytes the ring had
// already lost behind what was read before.
func (k *kernelLog) drain() (lines []kernelLine, lost uint64, err error) {
	var buffer [1024]byte
	for {
		count, next, err := k.read(buffer[:], k.position)
		if err != nil || count == 0 {
			return lines, lost, err
		}
		text := buffer[:count]
		if gap := next - uint64(count) - k.position; gap != 0 {
			// The beginning of this line is gone, and the end of the one before.
			lost += gap + uint64(len(k.partial))
			k.partial = nil
			text, next, lost = k.skipLine(text, next, lost)
		}
		k.position = next
		lines = k.split(lines, text)
	}
}

// skipLine drops text up to the first line end.
func (k *kernelLog) skipLine(text []byte, next, lost uint64) ([]byte, uint64, uint64) {
	end := bytes.IndexByte(text, '\n')
	if end < 0 {
		return nil, next, lost + uint64(len(text))
	}
	return text[end+1:], next, lost + uint64(end) + 1
}

// split appends the complete lines in partial and text, which ends at position.
func (k *kernelLog) split(lines []kernelLine, text []byte) []kernelLine {
	begin := k.position - uint64(len(text)) - uint64(len(k.partial))
	k.partial = append(k.partial, text...)
	for {
		line, rest, found := bytes.Cut(k.partial, []byte{'\n'})
		if !found {
			return lines
		}
		lines = append(lines, kernelLine{begin, string(line)})
		begin += uint64(len(line)) + 1
		k.partial = rest
	}
}

// consumed is where the first line begins that is not complete yet.
func (k *kernelLog) consumed() uint64 {
	return k.position - uint64(len(k.partial))
}

const kernelSource = "kernel"

// kernelRecord makes a record of a line. Who writes there begins it with a name and a colon.
func kernelRecord(line string, time uint64) record {
	r := record{time: time, level: abi.LogInfo, source: kernelSource, text: cleanText(line)}
	if source, text, found := strings.Cut(line, ": "); found && validSource(source) {
		r.source, r.text = source, cleanText(text)
	}
	return r
}

// validSource tells whether a word can be the name of a source.
func validSource(source string) bool {
	if source == "" || len(source) >= abi.NameMax {
		return false
	}
	for _, c := range []byte(source) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("._/-", rune(c)) {
			return false
		}
	}
	return true
}

// cleanText makes a line of at most abi.LogTextMax bytes of it that does no harm to a terminal.
func cleanText(text string) string {
	text = text[:min(len(text), abi.LogTextMax)]
	text = strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' || c >= 0x7f && c < 0xa0 {
			return '?'
		}
		return c
	}, strings.TrimRight(strings.ToValidUTF8(text, "?"), "\r\n"))
	return text
}
