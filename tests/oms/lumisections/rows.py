"""Rows of lumisections, parsed and in the format of OMS."""

from oms.lumisections.parsing import LumisectionRow
from tests.oms.rows import PB

ON = (True,) * 8
OFF = (False,) * 8


def row(number, bits=ON, counter=None, figure=None) -> LumisectionRow:
    return LumisectionRow(number, bits, counter, figure)


def wire_row(number, run=315270, units=PB, **attributes):
    """A row of `lumisections` of OMS with everything on; `attributes` changes it."""
    flags = ("beams_stable", "cms_active", "bpix_ready", "fpix_ready", "tibtid_ready", "tob_ready")
    values = dict.fromkeys((*flags, "tecp_ready", "tecm_ready"), True)
    values |= {"run_number": run, "lumisection_number": number, "recorded_lumi": number / 10}
    meta = {"row": {name: {"units": units} for name in ("recorded_lumi", "recorded_lumi_per_lumisection")}}
    return {"id": f"{run}_{number}", "type": "lumisections", "attributes": values | attributes, "meta": meta}
