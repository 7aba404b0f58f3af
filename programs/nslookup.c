/* SPDX-License-Identifier: BSD-2-Clause */
/* `nslookup NAME...`: the addresses of names, by the resolver of the TCP/IP server. */
#include <stdio.h>
#include <string.h>
#include "errno.h"
#include "socket.h"
#include "socket_text.h"

static int look_up(const char *name)
{
    struct socket_address found[SOCKET_RESOLVE_MAX];
    char text[SOCKET_TEXT];
    int64_t count = socket_resolve(name, 0, found, SOCKET_RESOLVE_MAX);
    if (count < 0) {
        const char *why = count == -ENOENT        ? "there is no such name"
                          : count == -ETIMEDOUT   ? "no answer from the name server"
                          : count == -ENETUNREACH ? "no name server is known"
                                                  : strerror((int)-count);
        fprintf(stderr, "nslookup: %s: %s\n", name, why);
        return 1;
    }
    for (int64_t i = 0; i < count; i++)
        printf("%s  %s\n", name, socket_text(&found[i], text));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        fputs("usage: nslookup NAME...\n", stderr);
        return 2;
    }
    int error = socket_begin();
    if (error < 0) {
        fprintf(stderr, "nslookup: no network: %s\n", strerror(-error));
        return 1;
    }
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= look_up(argv[i]);
    return failed;
}
