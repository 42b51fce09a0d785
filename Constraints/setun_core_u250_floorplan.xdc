# Floorplan of the core, configuration `u250`. Written by `rtlgen constraints`; no vendor tool has read it yet.
# Regions are soft: a hint for placement, not a fence.
# Each of the four dies has a DDR4 channel of its own. Channel 0 lies with the sequencer, which reads the program from
# it, in the second die; the others take the die of the memory that they read: 0, 2 and 3.
#
# The path of setun_core in the design, with a slash at its end; empty where it is the top.
set core ""

create_pblock setun_centre
resize_pblock [get_pblocks setun_centre] -add {SLR1}
set_property IS_SOFT TRUE [get_pblocks setun_centre]
add_cells_to_pblock [get_pblocks setun_centre] [get_cells "${core}u_registers"]
add_cells_to_pblock [get_pblocks setun_centre] [get_cells "${core}u_sequencer"]
add_cells_to_pblock [get_pblocks setun_centre] [get_cells "${core}u_weight0"]
add_cells_to_pblock [get_pblocks setun_centre] [get_cells "${core}u_weight1"]
add_cells_to_pblock [get_pblocks setun_centre] [get_cells "${core}u_weight2"]
add_cells_to_pblock [get_pblocks setun_centre] [get_cells "${core}u_weight3"]
add_cells_to_pblock [get_pblocks setun_centre] [get_cells "${core}u_weight4"]
add_cells_to_pblock [get_pblocks setun_centre] [get_cells "${core}u_weight5"]
add_cells_to_pblock [get_pblocks setun_centre] [get_cells "${core}u_weight6"]
add_cells_to_pblock [get_pblocks setun_centre] [get_cells "${core}u_weight7"]
add_cells_to_pblock [get_pblocks setun_centre] [get_cells "${core}u_slots"]
add_cells_to_pblock [get_pblocks setun_centre] [get_cells "${core}u_run_control"]

create_pblock setun_channels_0
resize_pblock [get_pblocks setun_channels_0] -add {SLR0}
set_property IS_SOFT TRUE [get_pblocks setun_channels_0]
add_cells_to_pblock [get_pblocks setun_channels_0] [get_cells "${core}gen_channel\[0\].u_channel"]

create_pblock setun_channels_1
resize_pblock [get_pblocks setun_channels_1] -add {SLR1}
set_property IS_SOFT TRUE [get_pblocks setun_channels_1]
add_cells_to_pblock [get_pblocks setun_channels_1] [get_cells "${core}u_central_channel"]

create_pblock setun_channels_2
resize_pblock [get_pblocks setun_channels_2] -add {SLR2}
set_property IS_SOFT TRUE [get_pblocks setun_channels_2]
add_cells_to_pblock [get_pblocks setun_channels_2] [get_cells "${core}gen_channel\[1\].u_channel"]

create_pblock setun_channels_3
resize_pblock [get_pblocks setun_channels_3] -add {SLR3}
set_property IS_SOFT TRUE [get_pblocks setun_channels_3]
add_cells_to_pblock [get_pblocks setun_channels_3] [get_cells "${core}gen_channel\[2\].u_channel"]

create_pblock setun_streams
resize_pblock [get_pblocks setun_streams] -add {SLR1}
set_property IS_SOFT TRUE [get_pblocks setun_streams]
add_cells_to_pblock [get_pblocks setun_streams] [get_cells "${core}u_stream"]
