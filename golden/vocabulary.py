"""The variables that a policy may name: those of Run Registry's rule context that CertHelper can give, and one of ours.

Run Registry gives null for a name that does not exist, so that a misspelt rule selects nothing or everything; here each
name has to be in this vocabulary. Values are those frozen with a certification, the lumisections read from OMS, and of
other detectors what was read from Run Registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from certify.models.components import Component
from oms.lumisections import bits
from registry.flags import COLUMNS
from registry.other_flags.names import BITS, PRESCALE_INDEX, RUN_ATTRIBUTES, WORKSPACES
from registry.other_flags.names import COLUMNS as OTHER_COLUMNS


class ValueType(Enum):
    """The type of a value in a rule."""

    BOOLEAN = "true or false"
    NUMBER = "a number"
    TEXT = "a text"
    TEXTS = "a list of texts"
    NUMBERS = "a list of numbers"
    NULL = "null"


class Level(Enum):
    """What a variable is the same for: all lumisections of a certification, or those of a segment."""

    RUN = "run"
    SEGMENT = "segment"
    LUMISECTION = "lumisection"


@dataclass(frozen=True)
class Variable:
    """A variable: `name` as in `{"var": name}`, its type, label, unit and where its value is from.

    `field`: the fact of the run or fill, the bit or the component that has the value.
    """

    name: str
    value_type: ValueType
    label: str
    source: str
    level: Level = Level.RUN
    unit: str = ""
    may_be_null: bool = True
    field: str = ""


RUN_NUMBER, DATASET_NAME, TRACKER_STATE = "run.run_number", "dataset.name", "dataset.tracker_state"
LUMISECTION_NUMBER, IMPORTED_GOLDEN = "lumisection.lumisection_number", "lumisection.import.golden"
# Run Registry has a bit for each beam; the bit that is stored here is of both, so a rule has to name both.
BEAM_VARIABLES = ("lumisection.oms.beam1_stable", "lumisection.oms.beam2_stable")
_BEAMS = "stable_beams"
_FROZEN, _LUMISECTIONS, _REGISTRY = (
    "OMS or typed, frozen with the certification",
    "OMS, per lumisection",
    "Run Registry",
)
_READ = "Run Registry, read apart from the certification"
_NUMBER, _TEXT, _BOOLEAN = ValueType.NUMBER, ValueType.TEXT, ValueType.BOOLEAN

# Name in OMS, which Run Registry uses: our field of the run, type, label, unit.
_RUN_FACTS: dict[str, tuple[str, ValueType, str, str]] = {
    "energy": ("energy", _NUMBER, "energy", "GeV"),
    "b_field": ("b_field", _NUMBER, "B field", "T"),
    "fill_number": ("fill_number", _NUMBER, "fill", ""),
    "stable_beam": ("stable_beam", _BOOLEAN, "stable beam in the run", ""),
    "components": ("components", ValueType.TEXTS, "detectors in the run", ""),
    "hlt_key": ("hlt_key", _TEXT, "HLT key", ""),
    "l1_hlt_mode": ("l1_hlt_mode", _TEXT, "L1 HLT mode", ""),
    "l1_hlt_mode_stripped": ("l1_hlt_mode_stripped", _TEXT, "L1 HLT mode, short", ""),
    "l1_key": ("l1_key", _TEXT, "L1 key", ""),
    "l1_menu": ("l1_menu", _TEXT, "L1 menu", ""),
    "l1_rate": ("l1_rate", _NUMBER, "L1 rate", "Hz"),
    "trigger_mode": ("trigger_mode", _TEXT, "trigger mode", ""),
    "sequence": ("sequence", _TEXT, "sequence", ""),
    "era": ("era", _TEXT, "era", ""),
    "duration": ("duration", _NUMBER, "duration", "s"),
    "last_lumisection_number": ("lumisections", _NUMBER, "last lumisection", ""),
    "delivered_lumi": ("delivered_lumi", _NUMBER, "delivered luminosity of the run", "1/pb"),
    "recorded_lumi": ("recorded_lumi", _NUMBER, "recorded luminosity of the run", "1/pb"),
    "init_lumi": ("init_lumi", _NUMBER, "initial luminosity", "10^34 cm^-2 s^-1"),
    "end_lumi": ("end_lumi", _NUMBER, "final luminosity", "10^34 cm^-2 s^-1"),
    "fill_type_runtime": ("fill_type_runtime", _TEXT, "fill type", ""),
    "fill_type_party1": ("fill_type_party1", _TEXT, "beam 1 particles", ""),
    "fill_type_party2": ("fill_type_party2", _TEXT, "beam 2 particles", ""),
    "hlt_physics_rate": ("hlt_physics_rate", _NUMBER, "HLT physics rate", "Hz"),
    "initial_prescale_index": ("initial_prescale_index", _NUMBER, "initial prescale index", ""),
    "clock_type": ("clock_type", _TEXT, "clock", ""),
    "cmssw_version": ("cmssw_version", _TEXT, "CMSSW version", ""),
    "tier0_transfer": ("tier0_transfer", _BOOLEAN, "transferred to Tier 0", ""),
}


def _fixed_variables() -> list[Variable]:
    segment = Level.SEGMENT
    return [
        Variable(RUN_NUMBER, _NUMBER, "run", "CertHelper", may_be_null=False),
        Variable("run.rr.class", _TEXT, "class", _REGISTRY, field="class"),
        Variable(DATASET_NAME, _TEXT, "dataset", "CertHelper", may_be_null=False),
        Variable(TRACKER_STATE, _TEXT, "tracker state", _REGISTRY, field="state"),
        Variable(LUMISECTION_NUMBER, _NUMBER, "lumisection", "OMS", Level.LUMISECTION, may_be_null=False),
        Variable(IMPORTED_GOLDEN, _BOOLEAN, "in the imported golden JSON", "imported file", segment),
    ]


def _bit_label(name: str) -> str:
    return f"{bits.LABELS[name]} on" if name in bits.PARTITIONS else bits.LABELS[name]


def _all_variables() -> list[Variable]:
    run_facts = [
        Variable(f"run.oms.{name}", value_type, label, _FROZEN, unit=unit, field=field)
        for name, (field, value_type, label, unit) in _RUN_FACTS.items()
    ]
    lumisection_bits = [
        Variable(f"lumisection.oms.{oms}", _BOOLEAN, _bit_label(name), _LUMISECTIONS, Level.SEGMENT, field=name)
        for name, oms in bits.OMS_NAMES.items()
        if name != _BEAMS
    ]
    beams = [
        Variable(name, _BOOLEAN, f"beam {beam} stable", f"{_LUMISECTIONS}, both beams", Level.SEGMENT, field=_BEAMS)
        for beam, name in enumerate(BEAM_VARIABLES, 1)
    ]
    flags = [
        Variable(
            f"lumisection.rr.{COLUMNS[component]}",
            *(_TEXT, component.label, "certification", Level.SEGMENT),
            may_be_null=False,
            field=component.value,
        )
        for component in Component
    ]
    return [*_fixed_variables(), *run_facts, *beams, *lumisection_bits, *flags, *_registry_variables()]


def _registry_variables() -> list[Variable]:
    """What is read from Run Registry of other detectors. `field`: its key in a reading."""
    bits_and_index = {**BITS, PRESCALE_INDEX: "prescale index"}
    return [
        *(
            Variable(f"lumisection.rr.{name}", _TEXT, f"{label} flag", _READ, Level.SEGMENT, field=name)
            for name, label in OTHER_COLUMNS.items()
        ),
        *(
            Variable(
                f"lumisection.oms.{name}",
                _NUMBER if name == PRESCALE_INDEX else _BOOLEAN,
                *(label, _READ, Level.SEGMENT),
                field=name,
            )
            for name, label in bits_and_index.items()
        ),
        *(
            Variable(f"dataset.{name}_state", _TEXT, f"{label} state", _READ, field=name)
            for name, label in WORKSPACES.items()
        ),
        *(
            Variable(f"run.rr.{name}", _BOOLEAN if name == "significant" else _TEXT, label, _READ, field=name)
            for name, label in RUN_ATTRIBUTES.items()
        ),
    ]


VARIABLES = {variable.name: variable for variable in _all_variables()}

# What is read from Run Registry apart from the certification: such a policy needs a reading of each dataset.
REGISTRY_VARIABLES = frozenset(name for name, variable in VARIABLES.items() if variable.source == _READ)
OTHER_FLAGS = tuple(f"lumisection.rr.{name}" for name in OTHER_COLUMNS)
# Whether a lumisection was read from Run Registry: of the clause that such policies have besides their own.
REGISTRY_READ = "lumisection.registry"
# Variables that Run Registry has and CertHelper does not read, with the reason or what to use instead.
UNAVAILABLE = {
    f"lumisection.oms.{bits.OMS_NAMES[_BEAMS]}": f"Run Registry has it by beam. Use {' and '.join(BEAM_VARIABLES)}.",
    "lumisection.oms.recorded": "The luminosity of a lumisection is not part of rules here.",
    "lumisection.oms.delivered": "The luminosity of a lumisection is not part of rules here.",
}
