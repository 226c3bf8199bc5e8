"""The page of one file: figures, losses by rule, luminosity by day, and what the file rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from golden.file_pages.amounts import count_text, size_text, sum_text
from golden.file_pages.day_chart import DayChart, day_chart
from golden.models import GoldenFile

if TYPE_CHECKING:
    from golden.file_pages.why_page import WhyPage
    from golden.models import FileVerification

MAX_LISTED, VERIFICATIONS_SHOWN = 20, 10
BAR_WIDTH = 100


@dataclass(frozen=True)
class LossRow:
    """What a clause takes away: lumisections where it is false, luminosity there, and where it alone is false.

    `width` and `width_alone`: of its bars, in units of the view box.
    """

    clause: str
    count: int
    fails: str
    alone: str
    width: float
    width_alone: float


@dataclass(frozen=True)
class LeftOutRow:
    """A certification that did not count, and why."""

    pk: int
    text: str
    reason: str


@dataclass
class FilePage:
    """A file with its manifest. `why`: the answer beside it."""

    file: GoldenFile
    why: WhyPage | None = None
    manifest: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.manifest = self.file.manifest

    @property
    def heading(self) -> str:
        return self.file.name.removesuffix(".json")

    @property
    def title(self) -> str:
        """What the file may be called: "Tracker-good JSON", or "Golden JSON, unofficial"."""
        return str(self.manifest["title"])

    @property
    def counts(self) -> dict[str, str]:
        counts = self.manifest["counts"]
        return {name: count_text(counts[name], name.removesuffix("s")) for name in ("runs", "ranges", "certifications")}

    @property
    def lumi(self) -> dict[str, Any]:
        sums = self.manifest["luminosity"]
        return {
            "count_in": sums["in"]["lumisections"],
            "count_out": sums["out"]["lumisections"],
            "in": sum_text(sums["in"]),
            "out": sum_text(sums["out"]),
        }

    @property
    def is_lumi_known(self) -> bool:
        """Whether the luminosity of some of its lumisections is known, or there are none to know."""
        sums = self.manifest["luminosity"]
        return any(sums[name]["recorded_lumi"] for name in ("in", "out")) or not sums["in"]["unknown"]

    @property
    def size(self) -> str:
        return size_text(len(self.file.file_bytes))

    @cached_property
    def losses(self) -> list[LossRow]:
        """The clauses that are false somewhere, the greatest loss first."""
        rows = [row for row in self.manifest["losses"] if row["fails"]["lumisections"]]
        is_lumi_known = any(row["fails"]["recorded_lumi"] for row in rows)
        key = "recorded_lumi" if is_lumi_known else "lumisections"
        rows.sort(key=lambda row: (-row["fails"][key], -row["fails"]["lumisections"]))
        most = max((row["fails"][key] for row in rows), default=0) or 1
        return [_loss_row(row, key, most) for row in rows]

    @cached_property
    def without_loss(self) -> list[str]:
        """The clauses that are true everywhere."""
        return [row["clause"] for row in self.manifest["losses"] if not row["fails"]["lumisections"]]

    @cached_property
    def chart(self) -> DayChart:
        return day_chart(self.manifest["by_day"])

    @property
    def registry(self) -> str:
        """What was read from Run Registry of other detectors; empty if the policy names nothing of it."""
        registry = self.manifest.get("registry")
        if not registry:
            return ""
        times = sorted(row[5][:16].replace("T", " ") for row in registry["read"])
        span = f" between {times[0]} and {times[-1]} UTC" if times else ""
        read = f"{count_text(len(times), 'run')} read from Run Registry{span}"
        if not registry["not_read"]:
            return f"{read}."
        without = count_text(len(registry["not_read"]), "run")
        return f"{read}; {without} not read, with {registry['lumisections_not_read']:,} LS, which are out."

    @property
    def other_columns(self) -> list[str]:
        """The flags of other detectors that were not applied, as Run Registry calls their columns."""
        return [name.removeprefix("lumisection.rr.") for name in self.manifest["flags_not_applied"]]

    @property
    def left_out(self) -> list[LeftOutRow]:
        rows = self.manifest["left_out"][:MAX_LISTED]
        return [LeftOutRow(pk, f"{run} {reconstruction}", reason) for pk, _, run, reconstruction, _, reason in rows]

    @property
    def more_left_out(self) -> int:
        return max(len(self.manifest["left_out"]) - MAX_LISTED, 0)

    @cached_property
    def verifications(self) -> list[FileVerification]:
        """The latest verifications, the last one first: one query."""
        return list(self.file.verifications.select_related("by")[:VERIFICATIONS_SHOWN])

    @property
    def verified(self) -> FileVerification | None:
        """The last verification."""
        return self.verifications[0] if self.verifications else None

    @property
    def others(self) -> list[GoldenFile]:
        """The newest other files of the same policy: one query."""
        files = GoldenFile.objects.with_names().without_content().exclude(pk=self.file.pk)
        return list(files.filter(policy_version__policy_id=self.file.policy_version.policy_id)[:6])


def _loss_row(row: dict[str, Any], key: str, most: float) -> LossRow:
    fails, alone = row["fails"], row["alone"]
    width, width_alone = (round(each[key] / most * BAR_WIDTH, 1) for each in (fails, alone))
    return LossRow(row["clause"], fails["lumisections"], sum_text(fails), sum_text(alone), width, width_alone)
