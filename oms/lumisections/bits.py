"""The bits of a lumisection that OMS has and CertHelper uses: stable beams, CMS active, the partitions of the Tracker.

A bit is true, false, or None where OMS does not know it: None is neither on nor off.
"""

from __future__ import annotations

Bit = bool | None
Bits = tuple[Bit, ...]

# Our name and label, and the attribute of OMS. The order is that of `Bits`, of the columns and of the strip.
LABELS = {
    "stable_beams": "Stable beams",
    "cms_active": "CMS active",
    "bpix": "BPIX",
    "fpix": "FPIX",
    "tibtid": "TIB/TID",
    "tob": "TOB",
    "tecp": "TEC+",
    "tecm": "TEC−",
}
OMS_NAMES = {
    "stable_beams": "beams_stable",
    "cms_active": "cms_active",
    "bpix": "bpix_ready",
    "fpix": "fpix_ready",
    "tibtid": "tibtid_ready",
    "tob": "tob_ready",
    "tecp": "tecp_ready",
    "tecm": "tecm_ready",
}
NAMES = tuple(LABELS)
PARTITIONS = NAMES[2:]
