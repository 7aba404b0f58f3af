/* SPDX-License-Identifier: BSD-2-Clause */
/* The block function of ChaCha20. Specification: RFC 8439, section 2.3. Pure. */
#ifndef ANSER_LIB_CHACHA20_H
#define ANSER_LIB_CHACHA20_H

#include <stdint.h>

#define CHACHA20_KEY   8  /* words */
#define CHACHA20_BLOCK 64 /* bytes */

/* One block of the key stream: of this key, block counter and nonce (of three words). */
void chacha20_block(const uint32_t key[CHACHA20_KEY], uint32_t counter, const uint32_t nonce[3],
                    uint8_t block[CHACHA20_BLOCK]);

#endif
