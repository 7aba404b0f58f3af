/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captured frames in the classic pcap format (draft-ietf-opsawg-pcap), with nanoseconds, to
 * wherever the user can fetch them: standard output, as lines of base64, or a disk.
 */
#ifndef ANSER_PROGRAMS_CAPTURE_PCAP_H
#define ANSER_PROGRAMS_CAPTURE_PCAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Begins with "-" (standard output), "base64" (the same, as text between two lines of dashes) or
 * the name of a disk. snap: bytes of a frame that are kept at most. Returns 0 or -errno.
 */
int pcap_open(const char *target, uint32_t snap);

/* Adds a frame of which `length` bytes are there and `whole` were on the wire. Returns 0 or -errno.
 */
int pcap_add(uint64_t nanoseconds, const uint8_t *frame, uint32_t length, uint32_t whole);

/* Ends the file. *written: its bytes. Returns 0 or -errno. */
int pcap_close(uint64_t *written);

#endif
