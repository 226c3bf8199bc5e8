"""Rows in the format of OMS, for cases that the sandbox does not have."""

import copy

PB = "pb^{-1}"
INST = "10^{34}cm^{-2}s^{-1}"

RUN = {
    "id": "315270",
    "type": "runs",
    "attributes": {
        "run_number": 315270,
        "fill_number": 6616,
        "start_time": "2018-04-27T18:14:00Z",
        "end_time": "2018-04-27T22:30:00Z",
        "stable_beam": True,
        "energy": 6500,
        "b_field": 3.8,
        "last_lumisection_number": 655,
        "recorded_lumi": 78.15,
        "delivered_lumi": 81.2,
        "init_lumi": 1.1,
        "end_lumi": 0.9,
        "hlt_key": "/cdaq/physics/Run2018/2e34/v1.0.0/HLT/V1",
        "hlt_physics_counter": 7224070.0,
        "components": ["DAQ", "PIXEL", "TRACKER"],
    },
    "meta": {
        "row": {
            "recorded_lumi": {"units": PB},
            "delivered_lumi": {"units": PB},
            "init_lumi": {"units": INST},
            "end_lumi": {"units": INST},
            "b_field": {"units": "T"},
            "energy": {"units": "GeV"},
        }
    },
}
FILL = {
    "id": "6616",
    "type": "fills",
    "attributes": {
        "fill_number": 6616,
        "era": "2018A",
        "end_time": "2018-04-28T01:00:00Z",
        "bunches_colliding": 1214,
        "peak_lumi": 1.2,
        "peak_pileup": 30.5,
    },
    "meta": {"row": {"peak_lumi": {"units": INST}}},
}


def run_row(number=315270, units=None, **attributes):
    """A valid row of `runs` with these attributes and units changed; a unit of None removes it."""
    return _row(RUN, number, "run_number", units or {}, attributes)


def fill_row(number=6616, units=None, **attributes):
    """A valid row of `fills` with these attributes and units changed."""
    return _row(FILL, number, "fill_number", units or {}, attributes)


def _row(good, number, key, units, attributes):
    row = copy.deepcopy(good)
    row["id"] = str(number)
    row["attributes"] |= {key: number, **attributes}
    row["meta"]["row"] |= {name: {"units": unit} for name, unit in units.items()}
    return row


def answer(*rows, total=None):
    """The response body with these rows."""
    count = len(rows) if total is None else total
    return {"data": list(rows), "links": {"next": None}, "meta": {"totalResourceCount": count}}
