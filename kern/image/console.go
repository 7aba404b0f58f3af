// SPDX-License-Identifier: BSD-2-Clause

package main

// console puts one line together in a fixed buffer, because strings that grow need a heap, and hands
// it to the core. What does not fit is cut off.
type console struct {
	buffer [160]byte
	length int
}

func (c *console) add(b byte) {
	if c.length < len(c.buffer)-1 { // the last place is the newline's
		c.buffer[c.length] = b
		c.length++
	}
}

func (c *console) text(s string) {
	for i := 0; i < len(s); i++ {
		c.add(s[i])
	}
}

// foreign adds bytes that may hold anything; what is not printable becomes '?'.
func (c *console) foreign(s []byte) {
	for _, b := range s {
		if b < ' ' || b > '~' {
			b = '?'
		}
		c.add(b)
	}
}

func (c *console) number(n uint64) { c.digits(n, 10) }
func (c *console) hex(n uint64)    { c.digits(n, 16) }

func (c *console) digits(n, base uint64) {
	var digits [20]byte
	i := len(digits)
	for {
		i--
		digits[i] = "0123456789abcdef"[n%base]
		n /= base
		if n == 0 || i == 0 {
			break
		}
	}
	for ; i < len(digits); i++ {
		c.add(digits[i])
	}
}

// finish ends the line and returns it; the buffer is free for the next one.
func (c *console) finish() []byte {
	c.buffer[c.length] = '\n'
	line := c.buffer[:c.length+1]
	c.length = 0
	return line
}

// line prints what has been added.
func (c *console) line() {
	line := c.finish()
	bootWrite(&line[0], uint64(len(line)))
}

// stop prints what has been added and stops the machine with a failure.
func (c *console) stop() {
	line := c.finish()
	bootFail(&line[0], uint64(len(line)))
}

// fail stops the machine with a line that says where and why.
func (c *console) fail(where, why string) {
	c.text("anser: ")
	c.text(where)
	c.text(": ")
	c.text(why)
	c.stop()
}

// refuse says that a word of the command line is not understood.
func (c *console) refuse(word []byte, wanted string) {
	c.text("anser: command line: \"")
	c.foreign(word)
	c.text("\" is ignored, it wants ")
	c.text(wanted)
	c.line()
}
