/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting a worker through init, see <anser/init.h>. */
#ifndef ANSER_PROGRAMS_LAB_STARTER_H
#define ANSER_PROGRAMS_LAB_STARTER_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/init.h>

/*
 * Starts a worker, in Go or C, with the handle as its LAB_HANDLE. `exit` gets its end. Both handles
 * are given away, also on an error. Returns the process handle, the caller's, or -errno with the
 * reason, which may be empty, in `text`.
 */
anser_handle starter_run(bool go, uint64_t memory_pages, anser_handle lab, anser_handle exit,
                         char text[static INIT_TEXT_MAX]);

#endif
