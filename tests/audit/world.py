"""Random users who perform random actions of the product on a small set of rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import PermissionDenied

from audit import snapshot
from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.actions.lifecycle import hand_over_certification, restore_certification, withdraw_certification
from certify.errors import AlreadyCertified, ChangedMeanwhile, EntryInvalid
from certify.models import (
    BadReason,
    Checklist,
    PixelProblem,
    RunReconstruction,
    StripProblem,
    TrackerCertification,
    TrackingProblem,
)
from certify.models.choices import ConfirmationCode, Flag, Reconstruction, TrackerMap
from certify.models.components import Component, ComponentFlag
from certify.references.actions import adopt_reference, promote_reference, retire_reference
from certify.vocabulary.actions import add_term
from oms.models import OmsRun
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    ChecklistFactory,
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
    StripProblemFactory,
    TrackingProblemFactory,
    UserFactory,
)
from users.models import Role, User

if TYPE_CHECKING:
    from random import Random

REFUSALS = (PermissionDenied, EntryInvalid, AlreadyCertified, ChangedMeanwhile)
WORDS = (BadReason, PixelProblem, StripProblem, TrackingProblem, Checklist)
Snapshot = dict[tuple[str, Any], dict[str, Any]]


PROBLEM_MODELS = (PixelProblem, StripProblem, TrackingProblem)
# The relative frequency of actions by role: roles with few permissions are mostly refused, which needs few samples.
WEIGHTS = {Role.GUEST: 1, Role.SHIFTER: 2, Role.SHIFT_LEADER: 6, Role.EXPERT: 6}


def _keys(queryset: Any) -> list[int]:
    return list(queryset.order_by("pk").values_list("pk", flat=True))


def _but_for_the_admin() -> Any:
    return User.objects.exclude(username="admin0").order_by("pk")


def build_world() -> None:
    """Users of each role, known and unknown runs, references, vocabulary, and a few live certifications."""
    for role, number in ((Role.GUEST, 1), (Role.SHIFTER, 4), (Role.SHIFT_LEADER, 2), (Role.EXPERT, 1), (Role.ADMIN, 1)):
        for index in range(number):
            UserFactory(username=f"{role}{index}", role=role)
    for factory in (BadReasonFactory, PixelProblemFactory, StripProblemFactory, TrackingProblemFactory):
        for _ in range(3):
            factory()
    ChecklistFactory()
    for cosmics in (False, True):
        ReconstructionFactory(reference=True, run=RunFactory(cosmics=cosmics, older=True))
    for number in range(20):
        RunFactory(bare=True) if number % 3 == 0 else RunFactory(cosmics=number % 3 == 1)
    for run in OmsRun.objects.order_by("-pk")[:6]:
        certification = CertificationFactory(run=run, user=User.objects.get(username="shifter0"))
        certification.pixel_problems.set(PixelProblem.objects.all()[:2])


def full_snapshot() -> Snapshot:
    """All values of every row of every table, including many-to-many fields."""
    recorded = [model for model in apps.get_models() if hasattr(model, "audit_options")]
    return {
        (model._meta.label_lower, row.pk): snapshot.audited_values(
            row, snapshot.column_values(row, {}), snapshot.all_related_keys(row)
        )
        for model in recorded
        for row in model._base_manager.all()
    }


@dataclass
class RandomActor:
    """Lets a random user perform a random action."""

    dice: Random
    log: list[str] = field(default_factory=list)
    # These rows do not change: queried once.
    people: list[int] = field(default_factory=lambda: _keys(_but_for_the_admin()))
    weights: list[int] = field(default_factory=lambda: [WEIGHTS[user.role] for user in _but_for_the_admin()])
    runs: list[int] = field(default_factory=lambda: _keys(OmsRun.objects.all()))
    problems_known: dict[Any, list[Any]] = field(
        default_factory=lambda: {model: list(model.objects.order_by("pk")) for model in PROBLEM_MODELS}
    )

    def act(self) -> None:
        """Perform an action; a refusal is a valid result."""
        actions = [self.certify] * 3 + [self.amend] * 5 + [self.withdraw, self.restore, self.hand_over] * 2
        actions += [self.word, self.reason, self.adopt, self.promote, self.retire, self.role, self.problems] * 2
        action = self.dice.choice(actions)
        actor = User.objects.get(pk=self.dice.choices(self.people, self.weights)[0])
        self.log.append(f"{actor.username} {action.__name__}")
        try:
            action(actor)
        except REFUSALS:
            self.log[-1] += " (refused)"

    def _pick(self, queryset: Any) -> Any:
        keys = _keys(queryset)
        return queryset.get(pk=self.dice.choice(keys)) if keys else None

    def _run(self) -> OmsRun:
        return OmsRun.objects.get(pk=self.dice.choice(self.runs))

    def certify(self, actor: User) -> None:
        run = self._run()
        entry = self._decision(run.run_type), self._basis(run)
        certify_run(actor, run.pk, self.dice.choice(Reconstruction.values), *entry)

    def amend(self, actor: User) -> None:
        certification = self._certification("live")
        if certification:
            run = OmsRun.objects.get(pk=certification.run_number)
            entry = self._decision(run.run_type), self._basis(run)
            amend_certification(actor, certification, certification.version, *entry, reason=self._reason())

    def withdraw(self, actor: User) -> None:
        if certification := self._certification("live"):
            withdraw_certification(actor, certification, certification.version, self._reason())

    def restore(self, actor: User) -> None:
        if certification := self._certification("withdrawn"):
            restore_certification(actor, certification, certification.version, self._reason())

    def hand_over(self, actor: User) -> None:
        if certification := self._certification("live"):
            to = User.objects.get(pk=self.dice.choice(self.people))
            hand_over_certification(actor, certification, certification.version, to, self._reason())

    def problems(self, _actor: User) -> None:
        """As a command does it: outside an operation."""
        if certification := self._certification("live"):
            certification.strip_problems.set(self._sample(StripProblem))

    def word(self, _actor: User) -> None:
        row = self._pick(self.dice.choice(WORDS)._base_manager)
        text = "text" if isinstance(row, Checklist) else "description"
        setattr(row, text, self._reason())
        row.is_retired = self.dice.random() < 0.1
        row.save()

    def reason(self, actor: User) -> None:
        add_term(actor, BadReason, f"Reason {self.dice.randrange(10**6)}", self._reason())

    def adopt(self, actor: User) -> None:
        adopt_reference(actor, self._run(), self.dice.choice(Reconstruction.values), self._reason())

    def promote(self, actor: User) -> None:
        if certification := self._certification("live"):
            promote_reference(actor, certification, self._reason())

    def retire(self, actor: User) -> None:
        if reference := self._pick(RunReconstruction.objects.filter(is_reference=True)):
            retire_reference(actor, reference, self._reason())

    def role(self, _actor: User) -> None:
        person = self._pick(User.objects.exclude(username__in=("admin0", "shift_leader0", "shifter0")))
        person.role = self.dice.choice((Role.SHIFTER, Role.SHIFT_LEADER, Role.EXPERT))
        person.save()

    def _certification(self, state: str) -> TrackerCertification | None:
        return self._pick(TrackerCertification.objects.filter(state=state).with_names())

    def _reason(self) -> str:
        return f"because {self.dice.randrange(10**6)}"

    def _sample(self, model: Any) -> list[Any]:
        return [row for row in self.problems_known[model] if self.dice.random() < 0.3]

    def _reference(self, run_type: str) -> RunReconstruction:
        """An offered reference, mostly of this run type; any reconstruction if there is none."""
        offered = RunReconstruction.objects.filter(is_reference=True).order_by("pk").values_list("pk", "run__run_type")
        fits = [key for key, its_type in offered if its_type == run_type] if self.dice.random() < 0.9 else []
        key = self.dice.choice(fits or [key for key, _its_type in offered] or _keys(RunReconstruction.objects)[:1])
        return RunReconstruction.objects.select_related("run").get(pk=key)

    def _decision(self, run_type: str) -> CertificationInput:
        flags = self.dice.choice((("good",) * 3, ("bad", "good", "good"), ("good", "bad", "bad"), (Flag.EXCLUDED,) * 3))
        return CertificationInput(
            tuple(ComponentFlag(*values, False) for values in zip(Component, flags, strict=True)),
            self.dice.choice(TrackerMap.values),
            self._reference(run_type),
            date(2018, 6, 2),
            bad_reason=self._pick(BadReason.objects.all()),
            comment=self._reason(),
            confirmed=list(ConfirmationCode.values),
            problems={"pixel_problems": self._sample(PixelProblem), "tracking_problems": self._sample(TrackingProblem)},
        )

    def _basis(self, run: OmsRun) -> CertificationContext:
        """For a run without facts from OMS, sometimes typed facts."""
        dataset = self.dice.choice(("", "/Express/Collisions2018/DQM", "/PromptReco/Collisions2018A/DQM"))
        if run.fetched_at or self.dice.random() < 0.5:
            return CertificationContext(dataset=dataset)
        typed = {"run_type": {"value": self.dice.choice(("collisions", "cosmics"))}}
        typed |= {"lumisections": {"value": self.dice.randrange(1000)}}
        fill = {"fill_number": {"value": 6600 + self.dice.randrange(5)}, "era": {"value": self.dice.choice("ABCD")}}
        return CertificationContext(
            dataset=dataset, typed_run=typed, typed_fill=fill if self.dice.random() < 0.5 else {}
        )
