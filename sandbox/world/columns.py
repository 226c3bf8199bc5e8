"""Columns of the tables, with the names of OMS."""

RUN_COLUMNS = [
    "run_number",
    "fill_number",
    "sequence",
    "start_time",
    "end_time",
    "stable_beam",
    "last_lumisection_number",
    "energy",
    "b_field",
    "delivered_lumi",
    "recorded_lumi",
    "init_lumi",
    "end_lumi",
    "fill_type_runtime",
    "fill_type_party1",
    "fill_type_party2",
    "l1_hlt_mode",
    "trigger_mode",
    "l1_key_stripped",
    "l1_menu",
    "initial_prescale_index",
    "l1_rate",
    "hlt_physics_rate",
    "hlt_physics_counter",
    "hlt_physics_size",
    "components",
]

FILL_COLUMNS = [
    "fill_number",
    "start_time",
    "start_stable_beam",
    "end_stable_beam",
    "duration",
    "b_field",
    "peak_lumi",
    "peak_pileup",
    "peak_specific_lumi",
    "delivered_lumi",
    "recorded_lumi",
    "efficiency_lumi",
    "efficiency_time",
    "energy",
    "intensity_beam1",
    "intensity_beam2",
    "bunches_beam1",
    "bunches_beam2",
    "bunches_colliding",
    "bunches_target",
    "crossing_angle",
    "injection_scheme",
    "fill_type_party1",
    "fill_type_party2",
]

# Columns with another name in the source table.
SOURCE_NAME_OF_FILL = {"duration": "duration_stable_s", "fill_type_party1": "party1", "fill_type_party2": "party2"}

# Flags of a lumisection, lowest bit first.
BITS = [
    "beam1_present",
    "beam2_present",
    "beam1_stable",
    "beam2_stable",
    "cms_active",
    "physics_flag",
    "bpix_ready",
    "fpix_ready",
    "tibtid_ready",
    "tob_ready",
    "tecp_ready",
    "tecm_ready",
]

LUMINOSITIES = ("init_lumi", "delivered_lumi", "recorded_lumi", "pileup")
# Null in runs of 2018.
LUMINOSITIES_OF_ONE = ("delivered_lumi_per_lumisection", "recorded_lumi_per_lumisection")
