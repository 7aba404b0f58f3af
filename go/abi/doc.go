// SPDX-License-Identifier: BSD-2-Clause

// Package abi holds the numbers and structures of Anser's kernel and of its servers' protocols, made
// from the C headers in include/anser by tools/abi-go. Their meaning is told there, and in docs/abi.md.
package abi
