"""Numbers as compressed bytes, for columns of the database. Pure.

The first byte is the type: `I`, whole numbers of 32 bits; `D`, the same as differences; `d`, `f`, floating-point
numbers of 64 and 32 bits. All are little-endian, whatever the machine is.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_WHOLE = 2**32 - 1
_DIFFERENCES = b"D"


def pack_counts(values: Sequence[float]) -> bytes:
    """Return numbers without sign: exact, whole numbers in half the bytes."""
    is_whole = all(value <= _MAX_WHOLE and value == int(value) for value in values)
    return _packed(array("I", map(int, values)) if is_whole else array("d", values))


def pack_ascending(values: Sequence[int]) -> bytes:
    """Return ascending whole numbers, such as those of lumisections: a few bytes where most follow each other."""
    differences = [value - before for before, value in zip((0, *values), values, strict=False)]
    return _DIFFERENCES + _compressed(array("I", differences))


def pack_figures(values: Sequence[float]) -> bytes:
    """Return floating-point numbers to seven digits; not a number is possible."""
    return _packed(array("f", values))


def unpack(packed: bytes | memoryview) -> list[float]:
    """Return the numbers; an empty list of no bytes."""
    content = bytes(packed)
    if not content:
        return []
    code = content[:1]
    values: array[Any] = array("I" if code == _DIFFERENCES else code.decode())
    values.frombytes(zlib.decompress(content[1:]))
    if sys.byteorder == "big":
        values.byteswap()
    return list(accumulate(values)) if code == _DIFFERENCES else values.tolist()


def _packed(values: array[float] | array[int]) -> bytes:
    return values.typecode.encode() + _compressed(values)


def _compressed(values: array[float] | array[int]) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return zlib.compress(values.tobytes(), 9)
