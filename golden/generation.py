"""Generates a file of good runs with its manifest, without storing it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from golden.layouts import layout_text
from golden.manifest import file_name, manifest_of
from golden.selectors import certification_scope
from golden.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from golden.contexts import CertifiedRun
    from golden.models import PolicyVersion
    from golden.selectors import CertificationScope

    Progress = Callable[[int, int], None]

PROGRESS_STEP = 500  # certifications


@dataclass(frozen=True)
class GeneratedFile:
    """A file that is not stored. `tally`: what it was made from."""

    name: str
    content: str
    sha256: str
    manifest: dict[str, Any]
    tally: Tally


def generate_file(
    version: PolicyVersion,
    moment: datetime,
    layout: str = "",
    *,
    stale_keys: Collection[int] | None = None,
    progress: Progress | None = None,
) -> GeneratedFile:
    """Return the file of a policy as of a time: six queries. `layout`: another one than that of the policy.

    `stale_keys`: as for `certification_scope`. `progress` is called with how many certifications are done, of how many.
    Raises `DatasetsOverlap`, `EvaluationFailed` and `LayoutUnknown`.
    """
    rules, layout = version.rules, layout or version.layout
    layout_text({}, layout)  # before the work
    scope = certification_scope(moment, rules.pattern, rules.compiled.variables, rules.stale, stale_keys=stale_keys)
    tally = Tally(rules.compiled).add_all(_with_progress(scope, progress, with_lumis=rules.compiled.is_by_lumisection))
    content = layout_text(tally.ranges, layout)
    manifest = manifest_of(version, moment, layout, scope, tally)
    name, digest = file_name(version, scope), sha256(content.encode()).hexdigest()
    return GeneratedFile(name, content, digest, manifest | {"name": name, "sha256": digest}, tally)


def _with_progress(scope: CertificationScope, progress: Progress | None, *, with_lumis: bool) -> Iterator[CertifiedRun]:
    total = len(scope.records)
    for done, run in enumerate(scope.certified_runs(with_lumis=with_lumis), 1):
        yield run
        if progress and (done % PROGRESS_STEP == 0 or done == total):
            progress(done, total)
