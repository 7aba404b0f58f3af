/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as people write them: what is read and written, and what is none. */
/* sources: lib/socket_text.c */
#include <string.h>
#include "lib/socket_text.h"
#include "tap.h"

/* Reads `text` and writes it again as `again`. */
static void reads_as(const char *text, const char *again)
{
    struct socket_address address;
    char written[SOCKET_TEXT] = "nothing";
    if (socket_text_read(text, &address))
        socket_text(&address, written);
    TEST(strcmp(written, again) == 0, "'%s' is '%s'", text, written);
}

static void is_none(const char *text)
{
    struct socket_address address;
    TEST(!socket_text_read(text, &address), "'%s' is no address", text);
}

int main(void)
{
    static const char *const none[] = {
        "",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "1..2.3",
        "1.2.3.4x",
        "01234.1.1.1",
        ":",
        ":::",
        "1::2::3",
        "1:2:3",
        "12345::",
        "g::",
        "1:2:3:4:5:6:7:8:9",
        "::1%",
        "::1%x",
        "::1%256",
        "1:",
        "1:2:3:4:5:6:7:",
        "::1.2.3",
    };
    reads_as("10.0.2.15", "10.0.2.15");
    reads_as("255.255.255.255", "255.255.255.255");
    reads_as("::", "::");
    reads_as("::1", "::1");
    reads_as("fe80::5054:FF:fe12:3456%2", "fe80::5054:ff:fe12:3456%2");
    reads_as("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    reads_as("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8");
    reads_as("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8");
    reads_as("1::", "1::");
    reads_as("::ffff:1.2.3.4", "::ffff:102:304");
    for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        is_none(none[i]);
    return tap_done();
}
