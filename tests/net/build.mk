# SPDX-License-Identifier: BSD-2-Clause
# Programs that tests/test_net.py talks to over the wire: every .c file here is one, for the tests' archive.

NET_PROGRAMS := $(patsubst tests/net/%.c,%,$(wildcard tests/net/*.c))
$(foreach name,$(NET_PROGRAMS),$(eval $(call user_program,tests/net/$(name),tests/net/$(name).c,-Itests/host)))
INITRD_EXTRA += $(foreach name,$(NET_PROGRAMS),tests/net/$(name)=$(BUILD)/tests/net/$(name))
