"""The monitoring elements of a workspace and of a run: plain lists, not paged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.dials.access import server_error
from sandbox.dials.catalogue import DATASETS, dataset_with_id, lumisections_in, runs_in
from sandbox.dials.elements import ELEMENTS
from sandbox.dials.pages import no_row, workspace_of
from sandbox.dials.queries import NUMBER, PATTERN, TEXT, parse_selection
from sandbox.exchange import Request, Response

if TYPE_CHECKING:
    from sandbox.dials.state import DialsState

_FILTERS = {"me": TEXT, "me__regex": PATTERN, "dim": NUMBER}


def _rows(workspace: str, state: DialsState) -> list[dict[str, Any]]:
    """Return all elements, each with the number of histograms in all datasets."""
    stored = [(run, len(lumisections_in(state, dataset, run))) for dataset in DATASETS for run in runs_in(dataset)]
    return [
        {
            "me_id": number,
            "me": element.name,
            "count": sum(count for run, count in stored if element.is_in(run)),
            "dim": element.dim,
        }
        for number, element in ELEMENTS[workspace].items()
    ]


def elements(request: Request, state: DialsState) -> Response:
    """Return the elements that match."""
    accepts = parse_selection(dict(request.query), _FILTERS).accepts
    rows = _rows(workspace_of(request), state)
    return Response([row for row in rows if accepts("me", row["me"]) and accepts("dim", row["dim"])])


def element(me_id: int, request: Request, state: DialsState) -> Response:
    """Return an element, or status 404."""
    rows = _rows(workspace_of(request), state)
    return next((Response(row) for row in rows if row["me_id"] == me_id), no_row("MEs"))


def elements_of_run(dataset_id: int, run_number: int, request: Request, state: DialsState) -> Response:
    """Return the elements of the first lumisection of a run. DIALS fails for a run that it does not have."""
    known, dataset = ELEMENTS[workspace_of(request)], dataset_with_id(dataset_id)
    if dataset is None or run_number not in runs_in(dataset) or not lumisections_in(state, dataset, run_number):
        return server_error()
    in_run = ((number, item) for number, item in known.items() if item.is_in(run_number))
    return Response([{"me_id": number, "me": item.name, "dim": item.dim} for number, item in in_run])
