# SPDX-License-Identifier: BSD-2-Clause
# The servers, one folder each, and the boot archive that holds them, the programs and the tests.

SERVERS := init uart console example

$(eval $(call user_program,servers/init,$(wildcard servers/init/*.c),-I$(LIBFDT_INCLUDE),$(LIBFDT_RISCV64)))
$(eval $(call user_program,servers/uart,$(wildcard servers/uart/*.c)))
$(eval $(call user_program,servers/console,$(wildcard servers/console/*.c)))

# The example of docs/servers.md: a server, and its client as programs/tally.
$(eval $(call user_program,servers/example,servers/example/main.c))
$(eval $(call user_program,programs/tally,servers/example/client.c))

$(BUILD)/servers/init.elf: $(LIBFDT_RISCV64)
$(BUILD)/user/servers/init/devices.o: | $(LIBFDT_RISCV64)

# tests/NAME and programs/NAME are how `test=NAME`, `run=NAME` and the console find them.
INITRD_PROGRAMS := $(patsubst %.c,%,$(wildcard programs/*.c)) programs/tally
INITRD_TESTS    := $(patsubst tests/target/%.c,%,$(wildcard tests/target/*.c))

INITRD_FILES := $(SERVERS:%=$(BUILD)/servers/%) $(INITRD_PROGRAMS:%=$(BUILD)/%) \
	$(INITRD_TESTS:%=$(BUILD)/tests/target/%) servers/init/manifest
INITRD_NAMES := init=$(BUILD)/servers/init manifest=servers/init/manifest \
	$(foreach server,$(filter-out init,$(SERVERS)),servers/$(server)=$(BUILD)/servers/$(server)) \
	$(foreach program,$(INITRD_PROGRAMS),$(program)=$(BUILD)/$(program)) \
	$(foreach test,$(INITRD_TESTS),tests/$(test)=$(BUILD)/tests/target/$(test))

$(BUILD)/initrd.cpio: $(INITRD_FILES) tools/mkinitrd
	$(call say,CPIO,$@)
	$(Q)tools/mkinitrd $@ $(INITRD_NAMES)
