/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one place where lower rooms learn of higher ones: what types of objects do, how waits are
 * cancelled, what the scheduler calls. Set once at boot, before the first object exists.
 */
#pragma once

void tables_init(void);
