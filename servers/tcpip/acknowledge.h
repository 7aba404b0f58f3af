/* SPDX-License-Identifier: BSD-2-Clause */
/* Acknowledgements of bursts. */
#ifndef ANSER_SERVERS_TCPIP_ACKNOWLEDGE_H
#define ANSER_SERVERS_TCPIP_ACKNOWLEDGE_H

/* The burst is over: what it brought is acknowledged, once for each connection. */
void acknowledge_burst(void);

#endif
