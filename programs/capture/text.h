/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet in one line. */
#ifndef ANSER_PROGRAMS_CAPTURE_TEXT_H
#define ANSER_PROGRAMS_CAPTURE_TEXT_H

#include <stddef.h>
#include "packet.h"

#define TEXT_MAX 200 /* with its NUL */

/* Says who sent what to whom. */
void text_write(char text[TEXT_MAX], const struct packet *packet);

#endif
