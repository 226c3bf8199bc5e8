"""Certifications for reports: the 26 runs of a known report of the earlier tool."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from certify.models import TrackerCertification
from certify.models.choices import Flag
from oms.choices import RunType
from oms.models import OmsRun
from reports.rows import ReportRow, report_rows
from tests.factories import CertificationFactory, DatasetFactory, ReconstructionFactory, RunFactory, UserFactory

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY = date(2018, 5, 14)
_FLAGS = {"good": Flag.GOOD, "bad": Flag.BAD, "exc": Flag.EXCLUDED}
_REFERENCES = {"col express": 300100, "col prompt": 300150, "cos express": 300200, "cos prompt": 300250}
_DATASETS = {
    "col express": "/StreamExpress/Run2018A-Express-v1/DQMIO",
    "col prompt": "/ZeroBias/Run2018D-PromptReco-v2/DQMIO",
    "cos express": "/StreamExpressCosmics/Run2018D-Express-v1/DQMIO",
    "cos prompt": "/Cosmics/Run2018D-PromptReco-v2/DQMIO",
}
# run, kind, pixel/strip/tracking (* low statistics), tracker map, lumisections, recorded luminosity in 1/pb
ROWS = """
300000 cos prompt good/bad*/bad exists 856 0
300001 col express bad/exc/exc exists 997 632.57
300002 col prompt good/exc/bad exists 873 273.88
300003 cos express exc*/bad*/good missing 574 0
300004 cos express exc/bad/bad missing 441 0
300005 col express good/exc/bad exists 981 510.75
300006 col prompt exc/exc/bad missing 399 954.85
300007 cos prompt exc*/bad*/bad* missing 341 0
300008 cos prompt exc*/bad/good missing 356 0
300009 cos express good*/good/bad* exists 134 0
300010 col express exc/bad/exc missing 378 786.43
300011 col express exc/good*/bad missing 826 621.59
300012 cos prompt bad/bad/bad exists 365 0
300013 col prompt good/exc*/exc missing 642 138.83
300014 col prompt exc/good/exc exists 164 836.49
300015 col prompt bad*/good*/bad* missing 265 432.73
300016 col prompt exc/good/bad exists 188 391.13
300017 cos prompt exc/good/bad missing 142 0
300018 col express exc/good*/bad exists 242 983.49
300019 col prompt exc/good/exc missing 520 433.99
300020 col prompt exc/exc*/bad exists 793 572.98
300021 cos express good/bad/exc missing 367 0
300022 col prompt exc/exc/bad* missing 74 874.62
300023 cos express good/good/bad exists 207 0
300024 cos prompt good*/exc*/exc missing 372 0
300025 col prompt good/exc/good* exists 834 840.18
"""


def report_rows_of(rows: Iterable[TrackerCertification]) -> list[ReportRow]:
    """The report rows of certifications."""
    return report_rows(TrackerCertification.objects.filter(pk__in=[row.pk for row in rows]))


def summary_certifications(user=None) -> list[TrackerCertification]:
    """All 26, certified on one day by one user."""
    user = user or UserFactory()
    return [_certified(row.split(), user) for row in ROWS.strip().splitlines()]


def _certified(row: list[str], user) -> TrackerCertification:
    number, kind_type, reconstruction, flags, trackermap, lumisections, lumi = row
    group = f"{kind_type} {reconstruction}"
    is_collisions = kind_type == "col"
    run_type = RunType.COLLISIONS if is_collisions else RunType.COSMICS
    return CertificationFactory(
        run=RunFactory(
            run_number=int(number), run_type=run_type, lumisections=int(lumisections), recorded_lumi=float(lumi)
        ),
        reconstruction=reconstruction,
        reference_runreconstruction=ReconstructionFactory(
            run=_reference(group), reconstruction=reconstruction, reference=True
        ),
        dataset=DatasetFactory(name=_DATASETS[group]),
        user=user,
        trackermap=trackermap,
        date=DAY,
        facts={
            "run": {
                "b_field": 3.8,
                "energy": 13000.0 if is_collisions else 0.0,
                "fill_type_party1": "Proton-Proton" if is_collisions else "Cosmics",
            }
        },
        **_flag_values(flags),
    )


def _reference(group: str) -> OmsRun:
    number = _REFERENCES[group]
    return OmsRun.objects.filter(pk=number).first() or RunFactory(run_number=number)


def _flag_values(flags: str) -> dict[str, object]:
    values: dict[str, object] = {}
    for component, text in zip(("pixel", "strip", "tracking"), flags.split("/"), strict=True):
        values[component] = _FLAGS[text.rstrip("*")]
        values[f"{component}_lowstat"] = text.endswith("*")
    return values
