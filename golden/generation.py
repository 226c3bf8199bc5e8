"""Generates a file of good runs with its manifest, without storing it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from golden.layouts import layout_text
from golden.manifest import file_name, manifest_of
from golden.selectors import certification_scope
from golden.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator
    from datetime import datetime

    from golden.models import PolicyVersion

    Progress = Callable[[int, int], None]

Result = TypeVar("Result")
# Yields how many certifications are done, of how many; the result is returned at the end.
Steps: TypeAlias = "Generator[tuple[int, int], None, Result]"
STEP = 250  # certifications


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
    return run_steps(generation_steps(version, moment, layout, stale_keys=stale_keys), progress)


def run_steps(steps: Steps[Result], progress: Progress | None = None) -> Result:
    """Do all steps and return the result. `progress` is called after each."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return cast("Result", end.value)
        if progress:
            progress(*step)


def generation_steps(
    version: PolicyVersion, moment: datetime, layout: str = "", *, stale_keys: Collection[int] | None = None
) -> Steps[GeneratedFile]:
    """Generate a file as `generate_file` does. The first step is before the first certification."""
    rules, layout = version.rules, layout or version.layout
    layout_text({}, layout)  # before the work
    scope = certification_scope(moment, rules.pattern, rules.compiled.variables, rules.stale, stale_keys=stale_keys)
    tally, total = Tally(rules.compiled), len(scope.records)
    yield 0, total
    for done, run in enumerate(scope.certified_runs(with_lumis=rules.compiled.is_by_lumisection), 1):
        tally.add(run)
        if done % STEP == 0 or done == total:
            yield done, total
    content = layout_text(tally.ranges, layout)
    manifest = manifest_of(version, moment, layout, scope, tally)
    name, digest = file_name(version, scope), sha256(content.encode()).hexdigest()
    return GeneratedFile(name, content, digest, manifest | {"name": name, "sha256": digest}, tally)
