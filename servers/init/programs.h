/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs of the archive, on request of a client or of the command line; see <anser/init.h>. */
#ifndef ANSER_SERVERS_INIT_PROGRAMS_H
#define ANSER_SERVERS_INIT_PROGRAMS_H

#include "lib/serve.h"
#include "manifest.h"

#define PROGRAMS_FOLDER "programs/"

/*
 * Runs the program at `path` on the console, with all rights to the system object; its arguments
 * are the words behind "--" in `words`. When it ends, the machine is switched off with its status.
 * If it cannot be started, the machine is switched off as shells do: 127 if it is not
 * there, 126 if it cannot run.
 */
void program_run_alone(const struct manifest *manifest, const char *path, char **words);

/* The manifest that programs are started by. */
void programs_init(const struct manifest *manifest);
const struct manifest *programs_manifest(void);

/* Handlers of init's loop. */
int64_t program_next(struct server *server, struct serve_request *request);
int64_t program_kill(struct server *server, struct serve_request *request);
int64_t program_next_device(struct server *server, struct serve_request *request);
int64_t program_next_service(struct server *server, struct serve_request *request);
int64_t program_restart_service(struct server *server, struct serve_request *request);
void program_on_exit(struct server *server, const struct serve_event *event);

#endif
