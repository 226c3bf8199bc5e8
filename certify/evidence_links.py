"""Links to what other services show of a run, its dataset and its reference."""

from __future__ import annotations

from dataclasses import dataclass

from infrastructure.web.links import link_address

_LABELS = {
    "dqm_gui_run": "DQM GUI",
    "dials_run": "DIALS",
    "registry_run": "Run Registry",
    "oms_run": "OMS",
    "oms_fill": "OMS fill",
}


@dataclass(frozen=True)
class EvidenceLink:
    """A link of `settings.LINKS`. `note`: the reference run that it compares with, or the fill it is about."""

    name: str
    address: str
    note: str = ""

    @property
    def label(self) -> str:
        return _LABELS[self.name]

    @property
    def is_dqm_gui(self) -> bool:
        return self.name == "dqm_gui_run"


@dataclass(frozen=True)
class RunDataset:
    """A run with the name of its dataset; empty if the run was certified without."""

    run_number: int
    dataset: str


def evidence_links(subject: RunDataset, reference: RunDataset | None, fill_number: int | None) -> list[EvidenceLink]:
    """Return the links that are set, in the order of their use, with the reference run in OMS at the end.

    A reference without a dataset, such as an adopted one, is compared in the dataset of the run.
    """
    reference_run = reference.run_number if reference else None
    values = {
        "run": subject.run_number,
        "dataset": subject.dataset,
        "reference_run": reference_run,
        "reference_dataset": (reference.dataset if reference else "") or subject.dataset,
        "fill": fill_number,
    }
    notes = {"dqm_gui_run": f"vs {reference_run}" if reference_run else "", "oms_fill": f"{fill_number}"}
    links = [EvidenceLink(name, link_address(name, **values), notes.get(name, "")) for name in _LABELS]
    if reference_run:
        links.append(EvidenceLink("oms_run", link_address("oms_run", run=reference_run), f"of {reference_run}"))
    return [link for link in links if link.address]
