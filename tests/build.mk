# SPDX-License-Identifier: BSD-2-Clause
# Host tests and fuzz targets. A file says itself what it is linked with, in comment lines
#     /* sources: kern/tree.c loader/elf.c */    sources of the system under test
#     /* libraries: -lfdt */                      libraries of the host
#     /* includes: tests/host/doubles lib */      folders, if the file takes in sources of a server
# tests/host/test_NAME.c becomes a program that prints TAP, fuzz_NAME.c a libFuzzer target whose
# seeds lie in tests/host/seeds/NAME/.

HOST_TESTS := $(patsubst tests/host/%.c,%,$(wildcard tests/host/test_*.c))
HOST_FUZZ  := $(patsubst tests/host/%.c,%,$(wildcard tests/host/fuzz_*.c))

# $(call comment_line,KEY,FILE): the words after "KEY:" in the comment lines of FILE.
# The formatter may have put the end of the comment on the next line.
comment_line = $(shell sed -n 's|^/\* $(1): *||; T; s| *\*/ *$$||; p' $(2))

# $(call host_program,NAME,KIND,LINK FLAGS)
define host_program
$(BUILD)/tests/$(2)/$(1): $(patsubst %.c,$(BUILD)/tests/$(2)/%.o,tests/host/$(1).c \
		$(call comment_line,sources,tests/host/$(1).c))
	$$(call say,LINK,$$@)
	$$(Q)$$(HOSTCC) $$(HOST_CFLAGS) $(3) $$^ $(call comment_line,libraries,tests/host/$(1).c) -o $$@
$(BUILD)/tests/$(2)/tests/host/$(1).o: HOST_INCLUDES := $(addprefix -I,$(call comment_line,includes,tests/host/$(1).c))
endef

$(BUILD)/tests/host/%.o: %.c
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -Itests/host $(DEPFLAGS) $(HOST_INCLUDES) -c $< -o $@

$(BUILD)/tests/fuzz/%.o: %.c
	$(call say,FUZZCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -fsanitize=fuzzer-no-link -Wno-missing-prototypes -Itests/host $(DEPFLAGS) $(HOST_INCLUDES) -c $< -o $@

$(foreach test,$(HOST_TESTS),$(eval $(call host_program,$(test),host,)))
$(foreach test,$(HOST_FUZZ),$(eval $(call host_program,$(test),fuzz,-fsanitize=fuzzer)))

.PHONY: tests-host tests-fuzz
tests-host: $(HOST_TESTS:%=$(BUILD)/tests/host/%)
tests-fuzz: $(HOST_FUZZ:%=$(BUILD)/tests/fuzz/%)

# Programs that run on Anser: tests/target/NAME.c, with the same comment lines; user_program of the
# library's fragment says how a program is linked.
TARGET_TESTS    := $(patsubst tests/target/%.c,%,$(wildcard tests/target/*.c))
TARGET_PROGRAMS := $(TARGET_TESTS:%=$(BUILD)/tests/target/%)
ifneq ($(filter lib/build.mk,$(FRAGMENTS)),)
$(foreach test,$(TARGET_TESTS),$(eval $(call user_program,tests/target/$(test),\
	tests/target/$(test).c $(call comment_line,sources,tests/target/$(test).c),\
	-Itests/host -I$(BUILD)/tests,\
	$(call comment_line,libraries,tests/target/$(test).c))))
endif

# What docs/channels.md promises is what its tests are compiled from.
$(BUILD)/tests/channel_cells.h: docs/channels.md tools/channel-cells
	$(call say,CELLS,$@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/channel-cells $< > $@
$(BUILD)/user/tests/target/support/cells.o: $(BUILD)/tests/channel_cells.h

.PHONY: tests-target
tests-target: $(TARGET_PROGRAMS)

# The sequences that tests/target/model.c and go/test/gomodel replay, with what comes of them; a host
# test checks that they are current.
MODEL_SEQUENCES := go/test/gomodel/sequences.txt
$(BUILD)/user/tests/target/model.o: $(MODEL_SEQUENCES)

.PHONY: model-sequences
model-sequences: $(BUILD)/tests/host/test_channel_model
	$(Q)$< emit > $(MODEL_SEQUENCES)

# What a user boots, with the programs that disk and network are measured and tested with.
$(BUILD)/initrd-devices.cpio: $(call initrd_files,$(INITRD_NAMES) $(INITRD_DEVICES)) $(BUILD)/initrd.list \
		tools/mkinitrd
	$(call say,CPIO,$@)
	$(Q)tools/mkinitrd $@ $(INITRD_NAMES) $(INITRD_DEVICES)
