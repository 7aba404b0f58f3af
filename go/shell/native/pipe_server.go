// SPDX-License-Identifier: BSD-2-Clause

package native

// The request of <anser/pipe.h>: answered with the read and the write handle of a new pipe.
const (
	pipeService = "pipe"
	pipeMake    = 0x501
)
