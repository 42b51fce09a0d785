# Clock of the core, configuration `wide`: 250 MHz. For one clock domain; the ports are registered in the wrapper.
create_clock -name core -period 4.000 [get_ports clk_i]
