# Clock of the core, configuration `tiny`: 100 MHz. For one clock domain; the ports are registered in the wrapper.
create_clock -name core -period 10.000 [get_ports clk_i]
