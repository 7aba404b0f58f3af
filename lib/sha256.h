/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256, FIPS 180-4. Pure: no calls, no memory of its own. */
#ifndef ANSER_LIB_SHA256_H
#define ANSER_LIB_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32
#define SHA256_TEXT  65 /* in hexadecimal, with its NUL */

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes that were added */
    uint8_t block[64];
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *data, size_t length);

/* The digest of all that was added; sha256_begin makes *hash usable again. */
void sha256_end(struct sha256 *hash, uint8_t digest[SHA256_BYTES]);

/* The digest in lower-case hexadecimal, NUL-terminated. */
void sha256_print(const uint8_t digest[SHA256_BYTES], char text[SHA256_TEXT]);

#endif
