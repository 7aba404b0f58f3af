/* SPDX-License-Identifier: BSD-2-Clause */
/* The generator behind AT_RANDOM. Before the entropy server has given a seed, it is as good as that
 * of the firmware; QEMU's is. */
#include "seed.h"

#include <stdio.h>
#include <string.h>
#include <anser/init.h>
#include <libfdt.h>
#include "lib/clock.h"
#include "lib/generator.h"
#include "boot.h"
#include "clients.h"

static struct generator generator;
static char boot_digits[2 * SEED_BOOT_MAX + 1];

/* Devicetree specification 0.4, section 3.6 (/chosen); rng-seed is Linux's binding for it. */
void seed_begin(void)
{
    int length = 0;
    const uint8_t *seed = NULL;
    uint64_t counters[2] = {clock_now(), clock_instructions()};
    if (boot.device_tree && fdt_check_header(boot.device_tree) == 0)
        seed = fdt_getprop(boot.device_tree, fdt_path_offset(boot.device_tree, "/chosen"),
                           "rng-seed", &length);
    if (seed && length > 0)
        generator_seed(&generator, seed, (size_t)length);
    for (int i = 0; seed && i < length && i < SEED_BOOT_MAX; i++)
        sprintf(boot_digits + 2 * i, "%02x", seed[i]);
    generator_seed(&generator, counters, sizeof(counters));
}

const char *seed_boot(void)
{
    return boot_digits;
}

void seed_fill(void *to, size_t length)
{
    uint64_t now = clock_now();
    generator_seed(&generator, &now, sizeof(now));
    generator_fill(&generator, to, length);
}

int64_t seed_take(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct init_seed *asked = request->data;
    const struct client *client = client_find(request->badge);
    if (!client || !manifest_find(client->entry, GRANT_SEED))
        return -ANSER_EPERM;
    generator_seed(&generator, asked->seed, sizeof(asked->seed));
    return 0;
}
