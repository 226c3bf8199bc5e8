"""Clauses that most policies of the Tracker have, to be added to a form at once. Pure."""

from __future__ import annotations

from golden.clause_rows import ClauseRow
from golden.vocabulary import BEAM_VARIABLES
from oms.lumisections import bits
from registry.flags import COLUMNS

_COLLISIONS = (
    ClauseRow("run.rr.class", "contains", "Collisions"),
    ClauseRow("run.oms.energy", ">=", "6000"),
    ClauseRow("run.oms.b_field", ">=", "3.7"),
)
_BEAMS = tuple(ClauseRow(name, "is_true") for name in BEAM_VARIABLES)
_ACTIVE = (ClauseRow(f"lumisection.oms.{bits.OMS_NAMES['cms_active']}", "is_true"),)
_PARTITIONS = tuple(ClauseRow(f"lumisection.oms.{bits.OMS_NAMES[name]}", "is_true") for name in bits.PARTITIONS)
_FLAGS = tuple(ClauseRow(f"lumisection.rr.{column}", "==", "GOOD") for column in COLUMNS.values())
# The columns that Run Registry's global view certifies, but for the forward detectors, GEM, which 2018 has not, and the
# note of low luminosity.
_OTHER_NAMES = (
    *("btag-btag", "csc-csc", "dt-dt", "ecal-ecal", "ecal-es", "egamma-egamma", "hcal-hcal", "hlt-hlt"),
    *("jetmet-jetmet", "l1t-l1tcalo", "l1t-l1tmu", "lumi-lumi", "muon-muon", "rpc-rpc", "tau-tau"),
)
_OTHERS = tuple(ClauseRow(f"lumisection.rr.{name}", "==", "GOOD") for name in _OTHER_NAMES)
# {identifier: (label, rows)}
PRESETS = {
    "tracker": ("Usual Tracker policy", (*_COLLISIONS, *_BEAMS, *_ACTIVE, *_PARTITIONS, *_FLAGS)),
    "collisions": ("Class, energy, field", _COLLISIONS),
    "beams": ("Beams, CMS active", (*_BEAMS, *_ACTIVE)),
    "partitions": ("Six partitions on", _PARTITIONS),
    "flags": ("Three flags good", _FLAGS),
    "others": ("Flags of other detectors", _OTHERS),
    "unofficial": (
        "Unofficial golden, all detectors",
        (*_COLLISIONS, *_BEAMS, *_ACTIVE, *_PARTITIONS, *_FLAGS, *_OTHERS),
    ),
}


def with_preset(rows: tuple[ClauseRow, ...], identifier: str) -> tuple[ClauseRow, ...]:
    """Return the rows and those of a preset that are not among them."""
    _, added = PRESETS.get(identifier, ("", ()))
    return (*rows, *(row for row in added if row not in rows))
