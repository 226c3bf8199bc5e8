"""The shape of a JSON response: keys and types at every depth, without the values.

A shape is a set of types in JSON: {"types": ["number"], "keys": {key: shape}, "items": shape, "empty": bool}.
Keys that depend on the data are folded into one name: `<detector>_included` (only detectors that took part have it)
and the statuses that occurred among a column's flags. Rows of a list are taken together: types are unions over rows.
"""

from __future__ import annotations

import re
from typing import Any

Shape = dict[str, Any]

_STATUSES = {"GOOD", "BAD", "STANDBY", "EXCLUDED", "NOTSET", "NO VALUE FOUND"}
_INCLUDED = re.compile(r"[a-z0-9_]+_included$")


def folded(key: str) -> str:
    """Return the key, or the name of its family if the keys depend on the data."""
    if key in _STATUSES:
        return "<status that occurred>"
    return "<detector>_included" if _INCLUDED.match(key) else key


def type_of(value: Any) -> str:
    """Return the JSON name of the type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {int: "number", float: "number", str: "text", list: "list", dict: "object"}
    return names[type(value)]


def shape_of(value: Any) -> Shape:
    """Return the shape of one value."""
    shape: Shape = {"types": [type_of(value)]}
    if isinstance(value, dict):
        shape["keys"] = {}
        for key, inner in value.items():
            merge_key(shape["keys"], folded(key), shape_of(inner))
    if isinstance(value, list):
        shape["empty"] = not value
        items = [shape_of(item) for item in value]
        if items:
            shape["items"] = merged(items)
    return shape


def merge_key(keys: dict[str, Shape], key: str, shape: Shape) -> None:
    """Merge the shape of a key into `keys`."""
    keys[key] = merged([keys[key], shape]) if key in keys else shape


def merged(shapes: list[Shape]) -> Shape:
    """Return the union of the shapes; `empty` if all are empty."""
    result: Shape = {"types": sorted({name for shape in shapes for name in shape["types"]})}
    if any("keys" in shape for shape in shapes):
        result["keys"] = {}
        for shape in shapes:
            for key, inner in shape.get("keys", {}).items():
                merge_key(result["keys"], key, inner)
    if any("empty" in shape for shape in shapes):
        result["empty"] = all(shape["empty"] for shape in shapes if "empty" in shape)
    items = [shape["items"] for shape in shapes if "items" in shape]
    return result | ({"items": merged(items)} if items else {})


# Lists that are often empty: their items are compared only if neither is empty.
_OFTEN_EMPTY = {"causes", "comments", "datasets_in_gui", "appeared_in"}


def differences(recorded: Shape, answered: Shape, union: Shape, where: str = "$") -> list[str]:
    """Return the differences as texts.

    `union` is the shape over all recordings of the address: types are held against it, since a null in one row
    and a number in another are both right. Everything that OMS says of a run may be null (its number never is).
    """
    allowed = set(union["types"]) | ({"null"} if _may_be_null(where) else set())
    extra = set(answered["types"]) - allowed
    found = [f"{where}: {', '.join(sorted(extra))} where {', '.join(sorted(allowed))} was recorded"] if extra else []
    found += _of_keys(recorded, answered, union, where)
    if _differ_in_emptiness(recorded, answered, where):
        return [*found, f"{where}: {'empty' if answered['empty'] else 'not empty'}, unlike the recording"]
    if "items" in recorded and "items" in answered:
        found += differences(recorded["items"], answered["items"], union["items"], f"{where}[]")
    return found


def _differ_in_emptiness(recorded: Shape, answered: Shape, where: str) -> bool:
    if where.rsplit(".", 1)[-1] in _OFTEN_EMPTY:
        return False
    return recorded.get("empty", False) != answered.get("empty", False)


def _may_be_null(where: str) -> bool:
    return ".oms_attributes." in where and not where.endswith(".run_number")


def _of_keys(recorded: Shape, answered: Shape, union: Shape, where: str) -> list[str]:
    known, given = recorded.get("keys", {}), answered.get("keys", {})
    found = [f"{where}.{key}: missing" for key in sorted(known.keys() - given.keys())]
    found += [f"{where}.{key}: not in the recording" for key in sorted(given.keys() - known.keys())]
    for key in sorted(known.keys() & given.keys()):
        found += differences(known[key], given[key], union["keys"][key], f"{where}.{key}")
    return found
