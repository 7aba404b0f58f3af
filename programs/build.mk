# SPDX-License-Identifier: BSD-2-Clause
# Demonstration programs: every .c file here is one. They go into the archive as programs/NAME.

PROGRAMS := $(patsubst programs/%.c,%,$(wildcard programs/*.c))

$(foreach program,$(PROGRAMS),$(eval $(call user_program,programs/$(program),programs/$(program).c)))
