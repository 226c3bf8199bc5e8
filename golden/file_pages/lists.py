"""The list of policies and files, and of the files that a certification counted for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Max, OuterRef, Subquery
from django.db.models.fields.json import KeyTransform

from golden.evaluation import EvaluationFailed
from golden.file_pages.amounts import lumi_words
from golden.models import FileCertification, FileVerification, GoldenFile, PolicyVersion
from golden.selectors import DatasetsOverlap
from golden.why import price_of
from infrastructure.number_ranges import count_numbers

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from certify.models import TrackerCertification

MAX_FILES = 10  # of a certification


@dataclass(frozen=True)
class PolicyRow:
    """The latest version of a policy and the last file of the policy, None if there is none."""

    version: PolicyVersion
    last_file: GoldenFile | None


def policy_rows() -> list[PolicyRow]:
    """Return the policies by name: two queries."""
    latest = PolicyVersion.objects.filter(policy=OuterRef("policy")).order_by("-number").values("pk")[:1]
    versions = list(PolicyVersion.objects.with_names().filter(pk=Subquery(latest)))
    newest = GoldenFile.objects.order_by().values("policy_version__policy").annotate(last=Max("pk")).values("last")
    files = GoldenFile.objects.with_names().without_content().filter(pk__in=newest)
    by_policy = {file.policy_version.policy_id: file for file in files}
    return [PolicyRow(version, by_policy.get(version.policy_id)) for version in versions]


def listed_files() -> QuerySet[GoldenFile]:
    """Return the files, newest first, with the sums of their manifests, but not whole manifests.

    `verified_at` and `is_equal` are of the last verification, None if there was none.
    """
    last = FileVerification.objects.filter(file=OuterRef("pk")).order_by("-pk")
    counts, inside = KeyTransform("counts", "manifest"), KeyTransform("in", KeyTransform("luminosity", "manifest"))
    files: Any = GoldenFile.objects.with_names().without_content()
    annotated: QuerySet[GoldenFile] = files.annotate(
        run_count=KeyTransform("runs", counts),
        count_in=KeyTransform("lumisections", counts),
        recorded=KeyTransform("recorded_lumi", inside),
        unknown=KeyTransform("unknown", inside),
        verified_at=Subquery(last.values("at")[:1]),
        is_equal=Subquery(last.values("is_equal")[:1]),
    )
    return annotated


class CertificationFiles:
    """The newest files that a certification counted for, and what it is worth to the newest."""

    def __init__(self, certification: TrackerCertification) -> None:
        self.certification = certification

    @cached_property
    def rows(self) -> list[Any]:
        """Rows of `FileCertification`: one query."""
        rows = FileCertification.objects.filter(certification_id=self.certification.pk).order_by("-file_id")
        related = rows.select_related("file__policy_version__policy")
        return list(related.defer("file__content", "file__manifest")[:MAX_FILES])

    @cached_property
    def price(self) -> str:
        """What the newest file would lose without it: "79 LS, 39.500 /pb"; empty if it is not known: eight queries."""
        file = self.rows[0].file
        run = self.certification.run_number
        try:
            price = price_of(file.policy_version.rules, file.as_of, run, self.certification.pk, file.listed_stale)
        except (DatasetsOverlap, EvaluationFailed):
            return ""
        count = count_numbers(price.difference.gained) if price.difference else 0
        return f"{count:,} LS, {lumi_words(*price.recorded)}" if count else "nothing"
