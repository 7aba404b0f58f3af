/* SPDX-License-Identifier: BSD-2-Clause */
/* The ends of channels and signals: what happens when handles to them come and go. */
#pragma once

#include "kern/handle.h"

/* For the table of object types: counts ends and badge holders. The last send end closes a channel,
 * the last receive end ends it, a badge's last holder makes it GONE. */
void ends_changed(const struct capability *capability, int change);
