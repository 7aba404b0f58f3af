/* SPDX-License-Identifier: BSD-2-Clause */
/* The Linux guest as the other side of tests/bench/devices.py. */
#ifndef BENCH_LINUX_DEVICES_H
#define BENCH_LINUX_DEVICES_H

/* Loads the drivers, gives the interface its address, and does what the console's lines say until
 * one of them is "end". `run`: starts a program with an argument or none, and waits for its end. */
void devices_serve(int (*run)(const char *path, const char *argument, int output));

#endif
