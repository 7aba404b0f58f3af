# SPDX-License-Identifier: BSD-2-Clause
# The servers, one folder each, and the boot archive that holds them, the programs and the tests.

SERVERS := init uart console files pipe clock entropy virtio-blk virtio-net tcpip example
# The personality is linked in its own way, by a fragment of its own.
ifneq ($(filter servers/linux/build.mk,$(FRAGMENTS)),)
SERVERS += linux
endif

$(eval $(call user_program,servers/init,$(wildcard servers/init/*.c),-I$(LIBFDT_INCLUDE),$(LIBFDT_RISCV64)))
$(eval $(call user_program,servers/uart,$(wildcard servers/uart/*.c)))
$(eval $(call user_program,servers/console,$(wildcard servers/console/*.c)))
$(eval $(call user_program,servers/files,$(wildcard servers/files/*.c)))
$(eval $(call user_program,servers/pipe,$(wildcard servers/pipe/*.c)))
$(eval $(call user_program,servers/entropy,$(wildcard servers/entropy/*.c)))
$(eval $(call user_program,servers/clock,$(wildcard servers/clock/*.c)))
$(eval $(call user_program,servers/virtio-blk,$(wildcard servers/virtio-blk/*.c)))
$(eval $(call user_program,servers/virtio-net,$(wildcard servers/virtio-net/*.c)))

# The example of docs/servers.md: a server, and its client as programs/tally.
$(eval $(call user_program,servers/example,servers/example/main.c))
$(eval $(call user_program,programs/tally,servers/example/client.c))

$(BUILD)/servers/init.elf: $(LIBFDT_RISCV64)
$(BUILD)/user/servers/init/devices.o $(BUILD)/user/servers/init/seed.o: | $(LIBFDT_RISCV64)

# tests/NAME and programs/NAME are how `test=NAME`, `run=NAME` and the console find them.
INITRD_PROGRAMS := $(patsubst %.c,%,$(wildcard programs/*.c)) programs/tally programs/lab programs/capture
INITRD_TESTS    := $(patsubst tests/target/%.c,%,$(wildcard tests/target/*.c))

# What is in the archive: NAME=FILE each. Other fragments may have added to it before.
INITRD_NAMES := init=$(BUILD)/servers/init manifest=servers/init/manifest \
	$(foreach server,$(filter-out init,$(SERVERS)),servers/$(server)=$(BUILD)/servers/$(server)) \
	$(foreach server,$(GO_SERVERS),servers/$(server)=$(BUILD)/go/$(server)) \
	$(foreach program,$(INITRD_PROGRAMS),$(program)=$(BUILD)/$(program)) \
	$(foreach program,$(GO_PROGRAMS),programs/$(program)=$(BUILD)/go/$(program)) \
	$(foreach file,$(wildcard servers/files/etc/*),etc/$(notdir $(file))=$(file)) \
	$(foreach test,$(INITRD_TESTS),tests/$(test)=$(BUILD)/tests/target/$(test)) $(INITRD_NAMES)

# What the user wants in there: make run FILES='programs/mine=path/of/mine ...'
INITRD_NAMES += $(FILES)

# Another list makes another archive, also if no file in it is newer.
.PHONY: initrd-list
initrd-list:
	@mkdir -p $(BUILD)
$(BUILD)/initrd.list: initrd-list
	$(Q)echo '$(INITRD_NAMES)' | cmp -s - $@ || echo '$(INITRD_NAMES)' > $@

# What only tests need, INITRD_EXTRA, would make the archive too large for small machines: the same
# and that is an archive of its own, for INITRD=.
initrd_files = $(foreach pair,$(1),$(lastword $(subst =, ,$(pair))))

$(BUILD)/initrd.cpio: $(call initrd_files,$(INITRD_NAMES)) $(BUILD)/initrd.list tools/mkinitrd
	$(call say,CPIO,$@)
	$(Q)tools/mkinitrd $@ $(INITRD_NAMES)

# Large programs that no test with that archive needs: initrd-devices.cpio has them (tests/build.mk).
INITRD_WEB    = programs/httpd=% programs/httpget=%
INITRD_TESTED = $(filter-out $(INITRD_WEB),$(INITRD_NAMES)) $(INITRD_EXTRA)

$(BUILD)/initrd-test.cpio: $(call initrd_files,$(INITRD_TESTED)) $(BUILD)/initrd.list \
		tools/mkinitrd
	$(call say,CPIO,$@)
	$(Q)tools/mkinitrd $@ $(INITRD_TESTED)
