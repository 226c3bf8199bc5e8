"""The APV service: in which mode the Strip front ends were read out in a run. All of it is derived.

It is asked `?RUN=316187` at any path and answers `[["316187","DECO"]]`, and `[]` for a run that it does not know.
"""

from __future__ import annotations

from sandbox import world
from sandbox.exchange import Request, Response

DECO, PEAK = "DECO", "PEAK"


def mode_of(number: int) -> str | None:
    """derived: deconvolution while the LHC is filled, peak mode else; None where the Strip tracker took no part."""
    run = world.runs().get(number)
    components = run["components"] if run else None
    if run is None or not isinstance(components, list) or "TRACKER" not in components:
        return None
    return DECO if run["fill_type_runtime"] == "PROTONS" else PEAK


def answer(request: Request) -> Response:
    """What the service says; 400 for a number that is none."""
    asked = dict(request.query).get("RUN", "")
    if not asked.isdigit() or len(asked) > 10:
        return Response({"error": "RUN is missing or no number."}, 400)
    mode = mode_of(int(asked))
    return Response([[asked, mode]] if mode else [])


def refusal(status: int) -> Response:
    """The web server in front of it does not let in."""
    return Response({"error": "Unauthorized" if status == 401 else "Forbidden"}, status)
