# SPDX-License-Identifier: BSD-2-Clause
# Demonstration programs: every .c file here is one. They go into the archive as programs/NAME.

PROGRAMS := $(patsubst programs/%.c,%,$(wildcard programs/*.c))

$(foreach program,$(PROGRAMS),$(eval $(call user_program,programs/$(program),programs/$(program).c)))

# The channel lab: every .c file of its folder, so that a new experiment is a new file.
$(eval $(call user_program,programs/lab,$(wildcard programs/lab/*.c),-Iprograms/lab))

# Frames of the network, for people and for other tools.
$(eval $(call user_program,programs/capture,$(wildcard programs/capture/*.c),-Iprograms/capture))
