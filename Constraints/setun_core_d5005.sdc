# Clock of the core, configuration `d5005`: 300 MHz. For one clock domain; the ports are registered in the wrapper.
# The release of rst_ni meets the set-up time of this clock, so no path from it is cut.
# Written by `rtlgen constraints`; no vendor tool has read it yet.
create_clock -name core -period 3.333 [get_ports clk_i]
