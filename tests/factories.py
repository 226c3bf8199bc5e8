"""Rows for tests. Runs are numbered above the sandbox's world (314206-316201) and all that tests name, from FIRST_RUN.

Reference runs are numbered below that world, and less than 6000 runs away: nothing is asked about them.
Numbers and names begin anew with each test (`begin_anew`), so what a test meets does not hang on those before it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import factory
from factory.django import DjangoModelFactory, Password

from certify.models import (
    BadReason,
    Checklist,
    Dataset,
    PixelProblem,
    RunReconstruction,
    StripProblem,
    TrackerCertification,
    TrackingProblem,
)
from certify.models.choices import CertificationState, Flag, Reconstruction, TrackerMap
from certify.models.components import FLAG_FIELDS
from certify.review.models import ShifterQuestion
from oms.choices import RunType
from oms.models import OmsFill, OmsRun
from registry_sync.models import RegistryWrite, Sending
from users.models import Role, User

FIRST_RUN = 318200
SHARED_REFERENCE = 314205
LAST_REFERENCE = 314204
FIRST_FILL = 6700
BEGIN = datetime(2018, 6, 1, 6, 0, tzinfo=UTC)
COMPONENTS = ["CSC", "DAQ", "DCS", "DQM", "DT", "ECAL", "ES", "HCAL", "HF", "PIXEL", "RPC", "TCDS", "TRACKER", "TRG"]
FACTS = [
    *("start_time", "end_time", "duration", "era", "sequence", "stable_beam", "energy", "b_field", "lumisections"),
    *("delivered_lumi", "recorded_lumi", "init_lumi", "end_lumi", "fill_type_runtime", "components"),
    *("hlt_key", "l1_hlt_mode"),
]
PASSWORD = "secret"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        django_get_or_create = ("username",)
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"person{number}")
    password = Password(PASSWORD)
    role = Role.SHIFTER


class FillFactory(DjangoModelFactory):
    """A fill with stable beams of 2018, as OMS reports it."""

    class Meta:
        model = OmsFill

    fill_number = factory.Sequence(lambda number: FIRST_FILL + number)
    fetched_at = factory.LazyFunction(lambda: datetime.now(UTC))
    era = "2018A"
    start_time = BEGIN - timedelta(hours=3)
    end_time = BEGIN + timedelta(hours=12)
    start_stable_beam = BEGIN - timedelta(minutes=30)
    end_stable_beam = BEGIN + timedelta(hours=11)
    duration = 41400.0
    fill_type_runtime = "PROTONS"
    fill_type_party1 = fill_type_party2 = "PROTON"
    energy = 6500.0
    b_field = 3.8
    bunches_beam1 = bunches_beam2 = 1227
    bunches_colliding = 1214
    init_lumi = 0.91
    peak_lumi = 0.93
    peak_pileup = 41.2
    delivered_lumi = 251.4
    recorded_lumi = 239.8


class TraitsOffFactory(DjangoModelFactory):
    """A factory that gives each trait a value: without one, factory_boy formats a long error for each field of it."""

    class Meta:
        abstract = True

    @classmethod
    def _generate(cls, strategy, params):
        traits = (name for name, value in cls._meta.parameters.items() if isinstance(value, factory.Trait))
        return super()._generate(strategy, dict.fromkeys(traits, False) | params)


class RunFactory(TraitsOffFactory):
    """A collision run with its fill; `cosmics=True` a cosmics run without, `bare=True` one OMS knows nothing of.

    `older=True` one below all that are certified, as a reference run has to be to raise no question.
    """

    class Meta:
        model = OmsRun

    class Params:
        cosmics = factory.Trait(
            run_type=RunType.COSMICS,
            fill=None,
            stable_beam=False,
            energy=0.0,
            delivered_lumi=0.0,
            recorded_lumi=0.0,
            init_lumi=0.0,
            end_lumi=0.0,
            hlt_key="/cdaq/cosmic/commissioning2018/CRUZET/HLT/V1",
            l1_hlt_mode="cosmics2018",
        )
        bare = factory.Trait(
            run_type=RunType.UNKNOWN,
            fetched_at=None,
            fill=None,
            **dict.fromkeys(FACTS),
        )
        older = factory.Trait(run_number=factory.Sequence(lambda number: LAST_REFERENCE - number))

    run_number = factory.Sequence(lambda number: FIRST_RUN + number)
    fetched_at = factory.LazyFunction(lambda: datetime.now(UTC))
    run_type = RunType.COLLISIONS
    fill = factory.SubFactory(FillFactory)
    fill_number = factory.LazyAttribute(lambda run: run.fill.fill_number if run.fill else None)
    start_time = BEGIN
    end_time = factory.LazyAttribute(lambda run: run.start_time and run.start_time + timedelta(hours=4))
    duration = 14400.0
    era = "2018A"
    sequence = "GLOBAL-RUN"
    stable_beam = True
    energy = 6500.0
    b_field = 3.8
    lumisections = 617
    delivered_lumi = 81.214
    recorded_lumi = 78.15
    init_lumi = 0.91
    end_lumi = 0.62
    fill_type_runtime = "PROTONS"
    components = factory.LazyFunction(lambda: list(COMPONENTS))
    hlt_key = "/cdaq/physics/Run2018/2e34/v1.0.0/HLT/V1"
    l1_hlt_mode = "collisions2018"


class DatasetFactory(DjangoModelFactory):
    class Meta:
        model = Dataset
        django_get_or_create = ("name",)

    name = "/PromptReco/Collisions2018A/DQM"


class ReconstructionFactory(TraitsOffFactory):
    """A reconstruction of a run; `reference=True` one that is offered as reference."""

    class Meta:
        model = RunReconstruction
        django_get_or_create = ("run", "reconstruction")

    class Params:
        reference = factory.Trait(
            is_reference=True,
            reference_since=BEGIN,
            run=factory.SubFactory(RunFactory, older=True),
        )

    run = factory.SubFactory(RunFactory)
    reconstruction = Reconstruction.EXPRESS


class BadReasonFactory(DjangoModelFactory):
    class Meta:
        model = BadReason

    name = factory.Sequence(lambda number: f"Reason {number}")


class PixelProblemFactory(DjangoModelFactory):
    class Meta:
        model = PixelProblem

    name = factory.Sequence(lambda number: f"Pixel problem {number}")


class StripProblemFactory(PixelProblemFactory):
    class Meta:
        model = StripProblem


class TrackingProblemFactory(PixelProblemFactory):
    class Meta:
        model = TrackingProblem


class ChecklistFactory(DjangoModelFactory):
    class Meta:
        model = Checklist

    identifier = factory.Sequence(lambda number: f"list{number}")
    title = factory.LazyAttribute(lambda checklist: f"Checklist {checklist.identifier}")


def _reference():
    """The reference that certifications share, since rows with a history cost more than all else in most tests."""
    shared = RunReconstruction.objects.filter(run__run_number=SHARED_REFERENCE).first()
    return shared or ReconstructionFactory(reference=True, run__run_number=SHARED_REFERENCE)


class CertificationFactory(TraitsOffFactory):
    """A live certification, all good, on the facts of its run; `withdrawn=True` a withdrawn one."""

    class Meta:
        model = TrackerCertification

    class Params:
        run = None
        reconstruction = Reconstruction.EXPRESS
        withdrawn = factory.Trait(
            state=CertificationState.WITHDRAWN,
            withdrawn_by=factory.SelfAttribute("user"),
            withdrawn_at=BEGIN + timedelta(days=1),
            withdrawn_reason="wrong run",
        )

    runreconstruction = factory.LazyAttribute(
        lambda parameters: ReconstructionFactory(
            run=parameters.run or RunFactory(), reconstruction=parameters.reconstruction
        )
    )
    user = factory.SubFactory(UserFactory)
    dataset = factory.SubFactory(DatasetFactory)
    reference_runreconstruction = factory.LazyFunction(_reference)
    trackermap = TrackerMap.EXISTS
    date = date(2018, 6, 1)
    external_info_complete = True
    run_type = factory.LazyAttribute(lambda parameters: parameters.runreconstruction.run.run_type)
    lumisections = factory.LazyAttribute(lambda parameters: parameters.runreconstruction.run.lumisections)
    recorded_lumi = factory.LazyAttribute(lambda parameters: parameters.runreconstruction.run.recorded_lumi)

    @classmethod
    def _adjust_kwargs(cls, **kwargs):
        return dict.fromkeys(FLAG_FIELDS, Flag.GOOD) | kwargs


class QuestionFactory(DjangoModelFactory):
    """An open question to the shifter."""

    class Meta:
        model = ShifterQuestion

    certification = factory.SubFactory(CertificationFactory)
    text = "Why is the tracker map missing?"
    asked_by = factory.SubFactory(UserFactory, role=Role.SHIFT_LEADER)


class SendingFactory(DjangoModelFactory):
    """What was confirmed for Run Registry, with one write, which is done. `writes`: others, as values of each."""

    class Meta:
        model = Sending
        skip_postgeneration_save = True

    certification = factory.SubFactory(CertificationFactory)
    version = factory.LazyAttribute(lambda sending: sending.certification.version)
    run_number = factory.LazyAttribute(lambda sending: sending.certification.run_number)
    registry_name = "/PromptReco/Collisions2018A/DQM"
    registry_state = "OPEN"
    registry_version = 1
    last_lumisection = 655
    confirmed_by = factory.SubFactory(UserFactory, role=Role.SHIFT_LEADER)

    @factory.post_generation
    def writes(self, _create, values, **_):
        done = {"component": "strip", "first": 310, "last": 330, "status": "BAD", "comment": "holes", "state": "done"}
        before = [[310, 330, "GOOD", "", ""]]
        for position, write in enumerate([done] if values is None else values):
            RegistryWrite.objects.create(sending=self, position=position, **{"before": before, **write})


def reset_sequences() -> None:
    """Reset the sequences of numbers and names."""
    for made_here in DjangoModelFactory.__subclasses__():
        for counted in (made_here, *made_here.__subclasses__()):
            counted.reset_sequence(0, force=True)
