/* SPDX-License-Identifier: BSD-2-Clause */
/* lab as a worker: one role of one point. */
#ifndef ANSER_PROGRAMS_LAB_WORKER_H
#define ANSER_PROGRAMS_LAB_WORKER_H

/* Joins the lab that started this process, plays the role, reports. Returns the exit status. */
int worker_run(void);

#endif
