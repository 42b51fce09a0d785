# Floorplan of the core, configuration `u280`. Written by `rtlgen constraints`; no vendor tool has read it yet.
# Regions are soft: a hint for placement, not a fence.
# All pseudo channels of the HBM2 end in the first die, and 32 channels fill all three. The read masters of channels in
# the other two dies need register slices between them and the memory.
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
add_cells_to_pblock [get_pblocks setun_channels_0] [get_cells "${core}gen_channel\[1\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_0] [get_cells "${core}gen_channel\[2\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_0] [get_cells "${core}gen_channel\[3\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_0] [get_cells "${core}gen_channel\[4\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_0] [get_cells "${core}gen_channel\[5\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_0] [get_cells "${core}gen_channel\[6\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_0] [get_cells "${core}gen_channel\[7\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_0] [get_cells "${core}gen_channel\[8\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_0] [get_cells "${core}gen_channel\[9\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_0] [get_cells "${core}gen_channel\[10\].u_channel"]

create_pblock setun_channels_1
resize_pblock [get_pblocks setun_channels_1] -add {SLR1}
set_property IS_SOFT TRUE [get_pblocks setun_channels_1]
add_cells_to_pblock [get_pblocks setun_channels_1] [get_cells "${core}u_central_channel"]
add_cells_to_pblock [get_pblocks setun_channels_1] [get_cells "${core}gen_channel\[11\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_1] [get_cells "${core}gen_channel\[12\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_1] [get_cells "${core}gen_channel\[13\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_1] [get_cells "${core}gen_channel\[14\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_1] [get_cells "${core}gen_channel\[15\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_1] [get_cells "${core}gen_channel\[16\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_1] [get_cells "${core}gen_channel\[17\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_1] [get_cells "${core}gen_channel\[18\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_1] [get_cells "${core}gen_channel\[19\].u_channel"]

create_pblock setun_channels_2
resize_pblock [get_pblocks setun_channels_2] -add {SLR2}
set_property IS_SOFT TRUE [get_pblocks setun_channels_2]
add_cells_to_pblock [get_pblocks setun_channels_2] [get_cells "${core}gen_channel\[20\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_2] [get_cells "${core}gen_channel\[21\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_2] [get_cells "${core}gen_channel\[22\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_2] [get_cells "${core}gen_channel\[23\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_2] [get_cells "${core}gen_channel\[24\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_2] [get_cells "${core}gen_channel\[25\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_2] [get_cells "${core}gen_channel\[26\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_2] [get_cells "${core}gen_channel\[27\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_2] [get_cells "${core}gen_channel\[28\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_2] [get_cells "${core}gen_channel\[29\].u_channel"]
add_cells_to_pblock [get_pblocks setun_channels_2] [get_cells "${core}gen_channel\[30\].u_channel"]

create_pblock setun_streams
resize_pblock [get_pblocks setun_streams] -add {SLR1}
set_property IS_SOFT TRUE [get_pblocks setun_streams]
add_cells_to_pblock [get_pblocks setun_streams] [get_cells "${core}u_stream"]
