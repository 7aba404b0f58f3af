/* SPDX-License-Identifier: BSD-2-Clause */
/* refused ADDRESS PORT: sends a datagram there from a connected socket, and says what comes of it.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int report(const char *what)
{
    perror(what);
    return 1;
}

int main(int argc, char **argv)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    char bytes[16];
    if (argc != 3 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
        return 2;
    to.sin_port = htons((uint16_t)atoi(argv[2]));
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    if (descriptor < 0)
        return report("socket");
    if (connect(descriptor, (struct sockaddr *)&to, sizeof(to)) < 0)
        return report("connect");
    if (send(descriptor, "hello", 5, 0) < 0)
        return report("send");
    ssize_t length = recv(descriptor, bytes, sizeof(bytes), 0);
    if (length < 0)
        return report("recv");
    printf("%zd bytes came\n", length);
    return 0;
}
