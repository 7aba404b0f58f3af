# SPDX-License-Identifier: BSD-2-Clause
# Programs for Linux that only tests need: static, made by Debian's cross compiler and by two Gos, as
# anybody would make them. They go into the archive for tests as tests/linux/NAME.

LINUX_CC       := riscv64-linux-gnu-gcc
LINUX_TEST_CFLAGS   := -static -O1 -g0 -Wall -Wextra -Werror
LINUX_TESTS    := $(BUILD)/tests/linux
LINUX_PROGRAMS := chance copies hello threads files hostile calls paths restart readiness interrupted
LINUX_GO_SOURCES := $(wildcard tests/linux/go/*.go) tests/linux/go/go.mod
# Go 1.23 of the set-up, whatever else the machine has.
GO_1_23        := $(abspath $(BUILD))/go-1.23/usr/lib/go-1.23/bin/go

$(LINUX_TESTS)/calls: $(wildcard tests/linux/call*.c) tests/linux/call_table.h
$(LINUX_TESTS)/%: tests/linux/%.c
	$(call say,LINUX,$@)
	@mkdir -p $(@D)
	$(Q)$(LINUX_CC) $(LINUX_TEST_CFLAGS) $(filter %.c,$^) -lm -o $@ && riscv64-linux-gnu-strip $@

# $(call linux_go,NAME,GO)
define linux_go
$(LINUX_TESTS)/$(1): $(LINUX_GO_SOURCES)
	$$(call say,GO,$$@)
	@mkdir -p $$(@D)
	$$(Q)cd tests/linux/go && GOOS=linux GOARCH=riscv64 CGO_ENABLED=0 GOTOOLCHAIN=local $(2) build -trimpath \
		-o $$(abspath $$@) .
endef
$(eval $(call linux_go,go,$(GO_USER)))
$(eval $(call linux_go,go-1.23,$(GO_1_23)))

# Programs that need a network are in the archive that has one's servers in use (tests/build.mk).
LINUX_NET      := sockets refused gonet churn
$(LINUX_TESTS)/sockets: $(wildcard tests/linux/sockets*.c) tests/linux/sockets.h
$(LINUX_TESTS)/gonet: $(wildcard tests/linux/gonet/*.go)
	$(call say,GO,$@)
	@mkdir -p $(@D)
	$(Q)cd tests/linux/gonet && GOOS=linux GOARCH=riscv64 CGO_ENABLED=0 $(GO_USER) build -trimpath -ldflags='-s -w' \
		-o $(abspath $@) .
# What calls on sockets return; the same program is the first process of a Linux guest, which said
# what is expected (tests/linux/transcript/record). It passes what cannot be.
TRANSCRIPT     := tests/linux/transcript
$(LINUX_TESTS)/transcript: $(wildcard $(TRANSCRIPT)/*.c $(TRANSCRIPT)/*.h)
	$(call say,LINUX,$@)
	@mkdir -p $(@D)
	$(Q)$(LINUX_CC) $(LINUX_TEST_CFLAGS) -D_GNU_SOURCE -Wno-stringop-overflow -Wno-stringop-overread \
		-Wno-nonnull $(filter %.c,$^) -o $@ && riscv64-linux-gnu-strip $@
$(BUILD)/transcript-guest.cpio: $(LINUX_TESTS)/transcript $(TRANSCRIPT)/sent.txt
	$(call say,CPIO,$@)
	$(Q)rm -rf $@.root && mkdir -p $@.root/tests/linux && cp $< $@.root/init && \
		cp $(TRANSCRIPT)/sent.txt $@.root/tests/linux/transcript.txt && \
		cd $@.root && find . | sort | cpio --quiet -o -H newc > $(abspath $@)
LINUX_NET      += transcript
INITRD_DEVICES += tests/linux/transcript.txt=$(TRANSCRIPT)/sent.txt
INITRD_DEVICES += $(foreach name,$(LINUX_NET),tests/linux/$(name)=$(LINUX_TESTS)/$(name))

# Images that are no programs: the reason comes in one line.
$(LINUX_TESTS)/broken/done: tests/linux/break-image $(LINUX_TESTS)/hello
	$(call say,BREAK,$(@D))
	@mkdir -p $(@D)
	$(Q)$(PYTHON) $^ $(@D) && touch $@
$(addprefix $(LINUX_TESTS)/broken/,short header machine class interpreter empty text): $(LINUX_TESTS)/broken/done

INITRD_EXTRA += $(foreach name,$(LINUX_PROGRAMS) go go-1.23 $(addprefix broken/,short header machine class \
	interpreter empty text),tests/linux/$(name)=$(LINUX_TESTS)/$(name))

# The one native program here, which starts the others.
$(eval $(call user_program,tests/linux/driver,tests/linux/driver.c tests/target/support/balance.c,-Itests/host -Itests/target))
INITRD_EXTRA += tests/linux/driver=$(BUILD)/tests/linux/driver
