"""The manifest of a file: by which policy, as of when and from which certifications it was made."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.conf import settings

from audit.canonical import canonical_json
from audit.digests import history_digest
from certify.models import TrackerCertification
from golden.dataset_patterns import pattern_name
from golden.vocabulary import OTHER_FLAGS, REGISTRY_VARIABLES
from infrastructure.number_ranges import count_numbers

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from golden.contexts import CertificationKey
    from golden.models import PolicyVersion
    from golden.selectors import CertificationScope
    from golden.tally import LumisectionSum, Tally

FORMAT = 2  # 1: before the mark stale had a history
TITLE, TITLE_WITH_OTHER_FLAGS = "Tracker-good JSON", "Golden JSON, unofficial"
# What of a manifest follows from the code, not from what is stored.
OF_THE_CODE = ("code_version", "format", "title", "losses_note", "flags_not_applied")
LOSSES_NOTE = (
    "A lumisection in which two clauses are false is in the loss of both, and in none of the losses of one clause "
    "alone: the sums differ from what is out."
)


def uses_other_flags(variables: Collection[str]) -> bool:
    """Whether a policy names flags of other detectors, without which its files are not called golden."""
    return not {*OTHER_FLAGS}.isdisjoint(variables)


def file_title(variables: Collection[str]) -> str:
    """Return what a file is called on pages."""
    return TITLE_WITH_OTHER_FLAGS if uses_other_flags(variables) else TITLE


def file_name(version: PolicyVersion, scope: CertificationScope) -> str:
    """Return `TrackerOnly_<first>-<last>_<dataset>_<policy>_v<n>.json`, by the first and last run that counts."""
    datasets = {record.key.dataset for record in scope.records}
    dataset = pattern_name(datasets.pop() if len(datasets) == 1 else version.dataset_pattern)
    runs = [record.key.run_number for record in scope.records]
    span = f"{runs[0]}-{runs[-1]}" if runs else "none"
    start = "UnofficialGolden" if uses_other_flags(version.rules.compiled.variables) else "TrackerOnly"
    return f"{start}_{span}_{dataset}_{version.policy.name}_v{version.number}.json"


def manifest_of(
    version: PolicyVersion, moment: datetime, layout: str, scope: CertificationScope, tally: Tally
) -> dict[str, Any]:
    """Return the manifest as JSON, without the name and digest of the file. Luminosities in 1/pb."""
    variables = tally.policy.variables
    content = {
        "format": FORMAT,
        "title": file_title(variables),
        "policy": policy_content(version),
        "layout": layout,
        "as_of": moment.isoformat(),
        "code_version": settings.VERSION,
        "counts": _counts(scope, tally),
        "luminosity": {"unit": "1/pb", "in": _sum(tally.inside), "out": _sum(tally.outside)},
        "by_day": {day: {"in": _sum(inside), "out": _sum(out)} for day, (inside, out) in sorted(tally.days.items())},
        "losses": [
            {"clause": loss.clause.label, "fails": _sum(loss.fails), "alone": _sum(loss.alone)} for loss in tally.losses
        ],
        "losses_note": LOSSES_NOTE,
        "flags_not_applied": sorted(name for name in OTHER_FLAGS if name not in variables),
        "unknown_values": {name: count for name, count in sorted(tally.unknown.items()) if count},
        "certifications": [
            [*_key(counted.key), counted.lumisections_in, counted.lumisections_out] for counted in tally.certifications
        ],
        "history_digest": _history_digest(scope, moment),
        "left_out": [[*_key(left_out.key), left_out.reason] for left_out in scope.left_out],
        "stale": [_key(key) for key in scope.stale],
        "good_by_low_statistics": [_key(record.key) for record in scope.records if record.is_good_by_lowstat],
        "without_row_in_oms": [
            [*_key(counted.key), counted.holes] for counted in tally.certifications if counted.holes
        ],
    }
    return content if REGISTRY_VARIABLES.isdisjoint(variables) else content | {"registry": _registry(scope, tally)}


def facts_sha256(manifest: dict[str, Any]) -> str:
    """Return the SHA-256 of what a manifest has of stored facts, which is the same whichever version of the code."""
    facts = {name: value for name, value in manifest.items() if name not in OF_THE_CODE}
    return sha256(canonical_json(facts).encode()).hexdigest()


def _registry(scope: CertificationScope, tally: Tally) -> dict[str, Any]:
    """Return which readings of Run Registry the file rests on, and the certifications without one, which are out."""
    out = {counted.key.pk: counted.lumisections_out for counted in tally.certifications}
    read = [(record.key, record.registry) for record in scope.records if record.registry]
    return {
        "read": [
            [*_key(key), values.read_at.isoformat(), values.digest]
            for key, values in read
            if values.read_at is not None
        ],
        "not_read": [[*_key(key), out.get(key.pk, 0)] for key, values in read if values.read_at is None],
        "lumisections_not_read": sum(out.get(key.pk, 0) for key, values in read if values.read_at is None),
    }


def _history_digest(scope: CertificationScope, moment: datetime) -> str:
    """Return the digest of the history of all certifications that the file is about, which it pins."""
    keys = [record.key.pk for record in scope.records] + [left_out.key.pk for left_out in scope.left_out]
    return history_digest(TrackerCertification, keys, moment)


def policy_content(version: PolicyVersion) -> dict[str, Any]:
    """Return a version of a policy as JSON."""
    return {
        "name": version.policy.name,
        "version": version.number,
        "logic": version.logic,
        "dataset_pattern": version.dataset_pattern,
        "layout": version.layout,
        "stale": version.stale,
    }


def _counts(scope: CertificationScope, tally: Tally) -> dict[str, int]:
    return {
        "runs": len(tally.ranges),
        "ranges": sum(map(len, tally.ranges.values())),
        "lumisections": sum(map(count_numbers, tally.ranges.values())),
        "certifications": len(tally.certifications),
        "left_out": len(scope.left_out),
        "stale": len(scope.stale),
    }


def _sum(total: LumisectionSum) -> dict[str, Any]:
    lumi, unknown = total.recorded
    return {"lumisections": total.count, "recorded_lumi": round(lumi, 6), "unknown": unknown}


def _key(key: CertificationKey) -> list[Any]:
    return [key.pk, key.version, key.run_number, key.reconstruction, key.dataset]
