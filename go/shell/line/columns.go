// SPDX-License-Identifier: BSD-2-Clause

package line

import (
	"bytes"
	"unicode/utf8"
)

// Columns lays words out in columns, going down first, within a width in characters.
func Columns(words []string, width int) []byte {
	longest := 0
	for _, word := range words {
		longest = max(longest, utf8.RuneCountInString(word))
	}
	columns := max(1, (width+1)/(longest+2))
	rows := (len(words) + columns - 1) / columns
	var text bytes.Buffer
	for row := range rows {
		for i := row; i < len(words); i += rows {
			text.WriteString(words[i])
			if i+rows < len(words) {
				text.Write(bytes.Repeat([]byte(" "), longest+2-utf8.RuneCountInString(words[i])))
			}
		}
		text.WriteByte('\n')
	}
	return text.Bytes()
}
