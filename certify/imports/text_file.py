"""Decoding of imported files. Only UTF-8 is read: guessing another encoding can change characters unnoticed."""

from __future__ import annotations

import json
import re

from certify.imports.problems import NotImportable

_ADVICE = "Save it as CSV UTF-8 (JSON: UTF-8) and import that file."
_LINE_END = re.compile(rb"\r\n|\r|\n")


def decode_text(data: bytes) -> str:
    """Decode a file, with or without a byte order mark. Raises `NotImportable` if it is not UTF-8."""
    encoding = json.detect_encoding(data)  # from the byte order mark, else from the NULs among the first characters
    if not encoding.startswith("utf-8"):
        raise NotImportable(f"The file is {encoding[:6].upper()}, in Excel “Unicode text”. {_ADVICE}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(_LINE_END.findall(data[: error.start])) + 1
        raise NotImportable(
            f"Line {line}: the byte 0x{data[error.start]:02X} is not UTF-8. The file may be Latin-1 or Windows-1252, "
            f"in Excel “CSV”. {_ADVICE}"
        ) from None
