"""Who writes to Run Registry, and whether their e-groups may: the rules of the backend."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.registry.errors import RegistryError

if TYPE_CHECKING:
    from sandbox.exchange import Request

_MOVES = ("OPEN/SIGNOFF", "OPEN/COMPLETED", "SIGNOFF/COMPLETED", "COMPLETED/SIGNOFF")
_TRACKER_MOVES = [f"/datasets/tracker/move_dataset/{move}" for move in _MOVES]
_OF_SHIFTERS = [*_TRACKER_MOVES, "/dataset_lumisections/tracker.*", "/cycles/move_dataset/tracker/.*"]
_EDIT = "/lumisections/edit_rr_lumisections"
CERTIFIERS = "cms-dqm-runregistry-offline-tracker-certifiers"
SHIFTERS = "cms-dqm-runregistry-offline-tracker-shifters"
ADMINS = "cms-dqm-runregistry-admins-tracker"
EXPERTS = "cms-dqm-runregistry-experts"
ONLINE_SHIFTERS = "cms-dqm-runregistry-online-shifters"
# {e-group: regular expressions of the addresses it may use}: those for the Tracker and for all, from the permission
# table of Run Registry (exported in 2022).
PERMISSIONS = {
    ONLINE_SHIFTERS: ["/runs/move_run/OPEN/SIGNOFF", "/manual_run_edit/[0-9]+", _EDIT],
    EXPERTS: [".*"],
    ADMINS: [
        *_OF_SHIFTERS,
        *(f"/dc_tools/change_multiple_dataset_states/tracker/{move}" for move in _MOVES),
        "/cycles/mark_cycle_complete/tracker",
        "/cycles/mark_cycle_pending/tracker",
        "/cycles/move_all_datasets_to/tracker",
    ],
    SHIFTERS: _OF_SHIFTERS,
    CERTIFIERS: [*_OF_SHIFTERS, _EDIT],
}
_EGROUP_PAGE = "https://e-groups.cern.ch/e-groups/Egroup.do?egroupName={0}&tab=3"
_EGROUP_LINK = f'<a target="_blank" href={_EGROUP_PAGE}>{{0}}</a>'
_NEEDED = (
    "User needs to be part of any of the following e-groups to fulfill this action (clickable links): <br/><br/>"
    "<strong><i>{}</i></strong> <br/><br/> IMPORTANT: After being accepted to an e-group it is necessary to "
    '<a href="/logout">log-out</a> and log-in again. '
)
_NOBODY = (
    "There is no egroup that is authorized to do this action. <br/><br/>Please file a JIRA ticket with the action you "
    'were trying to do.<br/><br/> Link here: <a target="_blank" '
    'href="https://its.cern.ch/jira/projects/NEWRUNREGISTRY">RUN REGISTRY JIRA</a>'
)


class NotPermitted(Exception):
    """No e-group of the author may use the address: the response is {"message": text} with status 401."""


@dataclass(frozen=True)
class Author:
    """Who writes. `email` is stored with what is written; e-groups are separated by commas, without blanks."""

    email: str
    egroups: str = ""

    @property
    def is_automatic(self) -> bool:
        """Return whether the backend takes the author for its own updates, which need no e-group."""
        return self.email.startswith("auto@auto")


@dataclass
class Access:
    """The permission table, and the e-groups that the proxy names for the application whose token it is sent."""

    permissions: dict[str, list[str]] = field(default_factory=lambda: dict(PERMISSIONS))
    is_checked: bool = True
    application_egroups: str = f"{CERTIFIERS},{ADMINS}"

    def author_of(self, request: Request, application: str | None) -> Author:
        """Return the author: the application of a token, as the proxy names it, or that of the headers."""
        if application is not None:
            return Author(f"service-account-{application}", self.application_egroups)
        return Author(request.headers.get("email", ""), request.headers.get("egroups", ""))

    def check(self, author: Author, address: str) -> None:
        """Raise if the author may not use the address, which is with its query as the backend tests it."""
        if author.is_automatic or not self.is_checked:
            return
        if not author.email or not author.egroups:
            raise RegistryError("Request must provide email and egroups")
        allowed = [
            egroup
            for egroup, patterns in self.permissions.items()
            if any(re.search(pattern, address) for pattern in patterns)
        ]
        if not set(allowed) & set(author.egroups.split(",")):
            raise NotPermitted(_refusal_text(allowed))


def _refusal_text(egroups: list[str]) -> str:
    links = "</i></strong><br/></br><strong><i>".join(_EGROUP_LINK.format(egroup) for egroup in egroups)
    return _NEEDED.format(links) if egroups else _NOBODY
