"""One save of one user: the submitted fields and the expected record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

    import requests

    from tests.stress.hands import SimulatedUser

COMPONENTS = ("pixel", "strip", "tracking")
FIRST_RUN, LAST_RUN = 314206, 316201
# Not reported by OMS for fills with collisions; each submission types a different value.
TYPED = "fill-init_lumi"


@dataclass
class Submission:
    """A filled-in form of one reconstruction, with values that are unique to this submission."""

    hand: SimulatedUser
    run: int
    reconstruction: str
    fields: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.run} {self.reconstruction} of {self.hand.name}"

    def send(self) -> requests.Response:
        return self.hand.send(f"/certify/{self.run}/{self.reconstruction}/", self.fields)

    def keep_draft(self) -> None:
        """Save the draft, as the page does while the user types."""
        answer = self.hand.send("/drafts/save/", self.fields)
        check(answer.status_code == 200, f"{self}: the draft was answered with {answer.status_code}")

    def has_draft(self) -> bool:
        """Return whether the typed text is offered to the user."""
        from django.http import QueryDict

        from drafts.models import Draft

        drafts = Draft.objects.restorable().filter(user__username=self.hand.name, run_number=self.run)
        texts = drafts.filter(reconstruction=self.reconstruction).values_list("typed", flat=True)
        values = {name: self.fields[name] for name in (*COMPONENTS, "comment", TYPED)}
        return any(values.items() <= QueryDict(text).dict().items() for text in texts)

    def record(self) -> Any:
        """Return the live certification of this submission, or None."""
        from certify.selectors import live_certification

        return live_certification(self.run, self.reconstruction)

    def check_whole(self, record: Any) -> None:
        """Check that all submitted values and the facts are stored."""
        is_there = {
            **{name: _text(getattr(record, name)) == text for name, text in self._columns().items()},
            "person": record.user.username == self.hand.name,
            "dataset": (record.dataset.name if record.dataset else "") == _single(self.fields["dataset"]),
            "problems": all(self._problems(name) == _keys(getattr(record, name)) for name in _problem_fields()),
            "facts": record.facts["run"]["run_number"] == self.run and record.facts["run"]["lumisections"] is not None,
            "typed fact": record.facts["typed"]["fill"].get("init_lumi", {}).get("as_typed") == self.fields[TYPED],
            "version": record.version == 1,
        }
        check(all(is_there.values()), f"{self} is not whole: {[name for name, is_ok in is_there.items() if not is_ok]}")

    def _columns(self) -> dict[str, str]:
        return {
            **{name: self.fields[name] for name in (*COMPONENTS, "trackermap", "comment")},
            "bad_reason_id": _single(self.fields["bad_reason"]),
            "reference_runreconstruction_id": _single(self.fields["reference_runreconstruction"]),
            "date": _single(self.fields["date"]),
            "idempotency_key": _single(self.fields["idempotency_key"]),
        }

    def _problems(self, name: str) -> set[str]:
        return set(self.fields.get(name, []))


def submission(hand: SimulatedUser, run: int, reconstruction: str, random: Random) -> Submission:
    """The form opened and filled in: good or bad, with a fact typed that OMS does not give; kept as a draft."""
    fields = hand.open_form(f"/certify/{run}/{reconstruction}/")
    fields |= {TYPED: f"1.{random.randrange(10**9):09}", "comment": f"{hand.name} on {run} {reconstruction}"}
    filled_in = Submission(hand, run, reconstruction, fields | random.choice([_good, _bad])(random))
    filled_in.keep_draft()
    return filled_in


def _good(_random: Random) -> dict[str, Any]:
    return dict.fromkeys(COMPONENTS, "good") | {"trackermap": "exists"}


def _bad(random: Random) -> dict[str, Any]:
    """All components bad, with a reason and two problems of each type."""
    from certify.models import BadReason, TrackerCertification

    fields = dict.fromkeys(COMPONENTS, "bad") | {"trackermap": "missing"}
    fields["bad_reason"] = str(random.choice(BadReason.objects.values_list("pk", flat=True)))
    for name in _problem_fields():
        manager = TrackerCertification._meta.get_field(name).related_model._default_manager  # type: ignore[union-attr]
        fields[name] = [str(key) for key in random.sample(list(manager.values_list("pk", flat=True)), 2)]
    return fields


def targets(count: int) -> list[tuple[int, str]]:
    """Return reconstructions of collision runs that are not certified, newest first."""
    from certify.selectors import certified_reconstructions
    from infrastructure.http.budget import Budget
    from registry.client import datasets_of_runs

    runs = range(FIRST_RUN, LAST_RUN + 1)
    datasets = datasets_of_runs(runs, Budget(60)).value  # type: ignore[union-attr]
    named = {(dataset.run_number, str(dataset.reconstruction)) for dataset in datasets if "Collisions" in dataset.name}
    found = sorted(named - certified_reconstructions(runs), reverse=True)
    check(len(found) >= count, f"only {len(found)} reconstructions to submit")
    return found[:count]


def leftovers(sent: list[Submission]) -> list[str]:
    """Return rows that belong to submissions that were not saved, and violated constraints."""
    from django.db import connection

    from oms.models import OmsFill

    connection.check_constraints()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            check(cursor.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "the file is damaged")
    saved = {entry.fields[TYPED] for entry in sent if entry.record()}
    typed = {
        fill.pk: fill.typed["init_lumi"]["as_typed"] for fill in OmsFill.objects.all() if "init_lumi" in fill.typed
    }
    return [f"{as_typed} in fill {number}" for number, as_typed in typed.items() if as_typed not in saved]


def _problem_fields() -> list[str]:
    return [f"{name}_problems" for name in COMPONENTS]


def _keys(chosen: Any) -> set[str]:
    return {str(key) for key in chosen.values_list("pk", flat=True)}


def _single(given: Any) -> str:
    """Return the value of a field, or the last of several."""
    return str(given[-1] if isinstance(given, list) else given)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def check(holds: bool, message: str) -> None:
    """Raise AssertionError with the message unless the condition holds."""
    if not holds:
        raise AssertionError(message)
