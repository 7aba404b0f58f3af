# SPDX-License-Identifier: BSD-2-Clause
# build/kernel.elf: the C core and the Go part of kern/image, linked by `go build`.

$(BUILD)/kernel.elf: $(BUILD)/kernel-core.elf $(filter-out %_test.go,$(wildcard kern/image/*.go)) \
		kern/image/rt0_riscv64.s kern/image/wrap.S kern/image/go.mod \
		tools/build-image tools/check-image
	$(call say,GO,$@)
	$(Q)PYTHON=$(PYTHON) tools/build-image $(GO) $< $(BUILD)/image $@
