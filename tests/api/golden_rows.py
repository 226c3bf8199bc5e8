"""A policy and a file of good runs, as the API returns them."""

from __future__ import annotations

import hashlib

from golden.models import GoldenFile, Policy, PolicyVersion
from tests.factories import BEGIN


def stored_golden_file() -> GoldenFile:
    """Store a file, with its policy."""
    version = PolicyVersion(
        policy=Policy.objects.create(name="tracker2018"),
        number=1,
        logic={"==": [{"var": "run.oms.energy"}, 6500]},
        dataset_pattern="/PromptReco/*/DQM",
        layout="wrap42",
        made_at=BEGIN,
        reason="first",
    )
    version.save()
    content = '{"315257": [[1, 49]]}'
    return GoldenFile.objects.create(
        policy_version=version,
        as_of=BEGIN,
        layout="wrap42",
        name="TrackerOnly.json",
        content=content,
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        manifest={"counts": {"runs": 1}},
        made_at=BEGIN,
    )
