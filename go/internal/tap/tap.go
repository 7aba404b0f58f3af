// SPDX-License-Identifier: BSD-2-Clause

// Package tap prints what a test program on Anser finds, in the Test Anything Protocol.
package tap

import (
	"fmt"
	"os"
)

var number, failed int

// Check prints one result, with what was wrong; nil: nothing was.
func Check(what string, err error) {
	number++
	if err != nil {
		failed++
		fmt.Printf("not ok %d - %s\n#   %v\n", number, what, err)
		return
	}
	fmt.Printf("ok %d - %s\n", number, what)
}

// End prints the plan. The program ends here, with status 1 if anything was wrong.
func End() {
	fmt.Printf("1..%d\n", number)
	if failed > 0 {
		os.Exit(1)
	}
	os.Exit(0)
}
