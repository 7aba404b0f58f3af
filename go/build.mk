# SPDX-License-Identifier: BSD-2-Clause
# The programs in Go, one folder of go/cmd each, as anybody would build them for linux/riscv64. What is
# up to date Go itself knows, so it is asked each time; only a program that came out different is new
# for the archive. Modules of others come through Go's module proxy, pinned by go.mod and go.sum.

GO_COMMANDS := $(sort $(patsubst go/cmd/%/,%,$(dir $(wildcard go/cmd/*/*.go))))
GO_SERVERS  := $(filter logd shell,$(GO_COMMANDS))
GO_PROGRAMS := $(filter-out $(GO_SERVERS),$(GO_COMMANDS))
# Those of go/test print TAP; they are in the tests' archive only.
GO_TESTS    := $(sort $(patsubst go/test/%/,%,$(dir $(wildcard go/test/*/*.go))))
# Without tables for debuggers: archives lie in memory.
GO_BUILD     = GOOS=linux GOARCH=riscv64 CGO_ENABLED=0 $(GO_USER) build -trimpath -ldflags='-s -w $(1)'
# The runtime's signals for preemption put who waits at the end of its queue: the model knows none.
GO_NO_SIGNALS := -X runtime.godebugDefault=asyncpreemptoff=1

.PHONY: go-commands
go-commands:
	@mkdir -p $(BUILD)/go/linked
	$(Q)cd go && $(call GO_BUILD) -o $(abspath $(BUILD))/go/linked/ $(GO_COMMANDS:%=./cmd/%) \
		$(patsubst %,./test/%,$(filter-out gomodel,$(GO_TESTS)))
	$(Q)cd go && $(call GO_BUILD,$(GO_NO_SIGNALS)) -o $(abspath $(BUILD))/go/linked/ ./test/gomodel

# Package anser's own tests and examples, as a program that runs on Anser.
INITRD_EXTRA += tests/goanser=$(BUILD)/go/goanser
$(BUILD)/go/goanser: $(wildcard go/anser/*.go go/abi/*.go)
	$(call say,GO,$@)
	@mkdir -p $(@D)
	$(Q)cd go && GOOS=linux GOARCH=riscv64 CGO_ENABLED=0 $(GO_USER) test -c -trimpath \
		-ldflags='-s -w' -o $(abspath $(BUILD))/go/goanser ./anser

INITRD_EXTRA += $(foreach test,$(GO_TESTS),tests/$(test)=$(BUILD)/go/$(test))

$(GO_COMMANDS:%=$(BUILD)/go/%) $(GO_TESTS:%=$(BUILD)/go/%): $(BUILD)/go/%: go-commands
	$(Q)cmp -s $(BUILD)/go/linked/$* $@ || { echo '  GO      $@' && cp $(BUILD)/go/linked/$* $@; }

# Scripts for the shell.
INITRD_NAMES += $(foreach file,$(wildcard go/cmd/shell/share/*),share/$(notdir $(file))=$(file))

# What httpd serves if it is not told otherwise.
INITRD_NAMES += $(foreach file,$(wildcard share/www/*),$(file)=$(file))
