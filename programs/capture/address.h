/* SPDX-License-Identifier: BSD-2-Clause */
/* IP addresses as text: RFC 4291, 2.2, and RFC 5952. */
#ifndef ANSER_PROGRAMS_CAPTURE_ADDRESS_H
#define ANSER_PROGRAMS_CAPTURE_ADDRESS_H

#include <stdint.h>

#define ADDRESS_TEXT_MAX 40 /* with its NUL */

/* Reads an address of either kind into `bytes`. Returns its length, 4 or 16; 0: it is none. */
unsigned address_read(const char *text, uint8_t bytes[16]);

/* Writes an address of 4, 16 or (MAC) 6 bytes. Returns `text`. */
char *address_write(char text[ADDRESS_TEXT_MAX], const uint8_t *bytes, unsigned length);

#endif
