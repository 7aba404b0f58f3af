# SPDX-License-Identifier: BSD-2-Clause
# The TCP/IP server: lwIP, which the set-up unpacks, compiled with our options, and our own files.

LWIP := $(BUILD)/lwip/src
LWIP_SOURCES := $(addprefix $(LWIP)/, \
	core/def.c core/dns.c core/inet_chksum.c core/init.c core/ip.c core/mem.c core/memp.c \
	core/netif.c core/pbuf.c core/raw.c core/stats.c core/sys.c core/tcp.c core/tcp_out.c \
	core/timeouts.c core/udp.c \
	core/ipv4/dhcp.c core/ipv4/etharp.c core/ipv4/icmp.c core/ipv4/igmp.c core/ipv4/ip4.c \
	core/ipv4/ip4_addr.c core/ipv4/ip4_frag.c \
	core/ipv6/ethip6.c core/ipv6/icmp6.c core/ipv6/inet6.c core/ipv6/ip6.c core/ipv6/ip6_addr.c \
	core/ipv6/ip6_frag.c core/ipv6/mld6.c core/ipv6/nd6.c netif/ethernet.c apps/sntp/sntp.c)
LWIP_OBJECTS := $(patsubst $(LWIP)/%.c,$(BUILD)/user/lwip/%.o,$(LWIP_SOURCES))
LWIP_INCLUDE := -I$(LWIP)/include -Iservers/tcpip/port
# lwIP and the server are optimized as one: many of their functions are a few instructions that
# others call for each frame.
LWIP_FLAGS   := $(LWIP_INCLUDE) -flto
LIB_LWIP     := $(BUILD)/user/lwip/liblwip.a

$(LWIP_SOURCES):
	$(Q)tools/setup run

# Not our code, so not our warnings.
$(BUILD)/user/lwip/%.o: $(LWIP)/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC_TARGET) $(filter-out $(WARNINGS),$(USER_CFLAGS)) -ffunction-sections \
		-fdata-sections $(LWIP_FLAGS) $(LWIP_RENAMED) -I. -c $< -o $@

# These functions are ours (icmp.c, path.c), and call lwIP's by other names.
$(BUILD)/user/lwip/core/ipv4/icmp.o: LWIP_RENAMED := -Dicmp_input=lwip_icmp_input
$(BUILD)/user/lwip/core/ipv6/icmp6.o: LWIP_RENAMED := -Dicmp6_input=lwip_icmp6_input
$(BUILD)/user/lwip/core/ipv6/ip6_frag.o: LWIP_RENAMED := -Dip6_frag=lwip_ip6_frag

$(LIB_LWIP): $(LWIP_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(CROSS)gcc-ar rcs $@ $^

TCPIP_SOURCES := $(wildcard servers/tcpip/*.c)

$(eval $(call user_program,servers/tcpip,$(TCPIP_SOURCES),$(LWIP_FLAGS),-flto-partition=one $(LIB_LWIP)))

# This file compiles one of lwIP's within.
$(BUILD)/user/servers/tcpip/acknowledge.o: USER_FLAGS += -I$(LWIP) -w

$(patsubst %.c,$(BUILD)/user/%.o,$(TCPIP_SOURCES)): | $(LWIP_SOURCES)
$(BUILD)/servers/tcpip.elf: $(LIB_LWIP)
