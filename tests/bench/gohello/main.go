// SPDX-License-Identifier: BSD-2-Clause

// Command gohello is what is started and waited for, again and again, by the bench of process starts.
package main

import "fmt"

func main() {
	fmt.Println("hello")
}
