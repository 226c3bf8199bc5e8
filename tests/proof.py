"""The size of the long proofs: a fraction in `make test`, the full size in `make prove`, which sets PROVE=1."""

import os

IS_FULL = os.environ.get("PROVE") == "1"


def scaled(fraction: int, full: int) -> int:
    """The number of examples, actions or users."""
    return full if IS_FULL else fraction
