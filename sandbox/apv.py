"""Stand-in of the APV service, which gives the readout mode of the Strip front ends. All values are derived.

`?RUN=316187` at any path returns `[["316187","DECO"]]`, or `[]` for an unknown run.
"""

from __future__ import annotations

from sandbox import world
from sandbox.exchange import Request, Response

DECO, PEAK = "DECO", "PEAK"


def mode_of(number: int) -> str | None:
    """derived: deconvolution mode with LHC fills, else peak mode; None if the Strip tracker was not in the run."""
    run = world.runs().get(number)
    components = run["components"] if run else None
    if run is None or not isinstance(components, list) or "TRACKER" not in components:
        return None
    return DECO if run["fill_type_runtime"] == "PROTONS" else PEAK


def answer(request: Request) -> Response:
    """Return the response of the service; status 400 for an invalid number."""
    number = dict(request.query).get("RUN", "")
    if not number.isdigit() or len(number) > 10:
        return Response({"error": "RUN is missing or no number."}, 400)
    mode = mode_of(int(number))
    return Response([[number, mode]] if mode else [])


def refusal(status: int) -> Response:
    """Return the response of the web server to an unauthorized request."""
    return Response({"error": "Unauthorized" if status == 401 else "Forbidden"}, status)
