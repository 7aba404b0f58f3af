/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams of elements: the roles that pipeline, fan-in and fan-out have in common. */
#ifndef ANSER_PROGRAMS_LAB_STREAM_H
#define ANSER_PROGRAMS_LAB_STREAM_H

#include "experiment.h"

/*
 * Sends `count` elements into handles[0], numbered from 0 in the lower half of their word; the
 * upper one is the worker's index. Returns 0 or -errno.
 */
int stream_source(struct lab_work *work, uint64_t count);

/*
 * Receives from handles[0] until the channel is closed and measures from the first element to the
 * last one. Returns 0; -errno; -EIO: an element of some source came out of its order, or, if
 * `whole`, one is missing.
 */
int stream_sink(struct lab_work *work, bool whole);

#endif
