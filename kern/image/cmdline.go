// SPDX-License-Identifier: BSD-2-Clause

package main

// What a panic does; enum boot_panic_action of include/anser/bootinfo.h.
const (
	panicHalt = iota
	panicReboot
	panicExit
)

// parseCommandLine reads the kernel's own words into options: harts=N, panic=halt|reboot|exit and
// quiet, whose presence it returns. The last of several wins. Other words are for init. A known word
// with a value that makes no sense is said on out, and the default stays.
func parseCommandLine(line []byte, options *bootOptions, out *console) (quiet bool) {
	options.hartsMax = hartsMax
	options.panicAction = panicHalt
	for len(line) > 0 {
		var word []byte
		word, line = nextWord(line)
		name, value := splitWord(word)
		switch string(name) {
		case "harts":
			setHarts(options, word, value, out)
		case "panic":
			setPanic(options, word, value, out)
		case "quiet":
			quiet = quiet || len(word) == len(name)
		}
	}
	return quiet
}

// nextWord cuts the first word off, blanks around it dropped. The word is empty at the end.
func nextWord(line []byte) (word, rest []byte) {
	begin := 0
	for begin < len(line) && isBlank(line[begin]) {
		begin++
	}
	end := begin
	for end < len(line) && !isBlank(line[end]) {
		end++
	}
	return line[begin:end], line[end:]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// splitWord cuts "name=value"; without "=" all of the word is the name.
func splitWord(word []byte) (name, value []byte) {
	for i, c := range word {
		if c == '=' {
			return word[:i], word[i+1:]
		}
	}
	return word, nil
}

func setHarts(options *bootOptions, word, value []byte, out *console) {
	if len(value) == 1 && value[0] >= '1' && value[0] <= '0'+hartsMax {
		options.hartsMax = uint64(value[0] - '0')
		return
	}
	out.refuse(word, "a number from 1 to 8")
}

func setPanic(options *bootOptions, word, value []byte, out *console) {
	switch string(value) {
	case "halt":
		options.panicAction = panicHalt
	case "reboot":
		options.panicAction = panicReboot
	case "exit":
		options.panicAction = panicExit
	default:
		out.refuse(word, "halt, reboot or exit")
	}
}
