"""How long the long proofs are: a fraction in `make test`, all of it in `make prove`, which sets PROVE=1."""

import os

IS_FULL = os.environ.get("PROVE") == "1"


def scaled(fraction: int, full: int) -> int:
    """The number of examples, actions or people to try."""
    return full if IS_FULL else fraction
