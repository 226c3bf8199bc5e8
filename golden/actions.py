"""Actions of policies and files: save a version, make a file. Permissions and rules are checked inside."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.operation import operation
from certify.errors import EntryInvalid
from certify.rules.entry import ValidationIssue
from golden.choices import GoldenChangeKind, StaleRule
from golden.dataset_patterns import PatternInvalid, parse_pattern
from golden.evaluation import EvaluationFailed
from golden.generation import GeneratedFile, Steps, generation_steps, run_steps
from golden.layouts import LAYOUTS, LayoutUnknown, is_layout
from golden.manifest import facts_sha256
from golden.models import MAX_NAME_LENGTH, FileCertification, GoldenFile, Policy, PolicyVersion
from golden.policy_text import PolicyInvalid
from golden.selectors import DatasetsOverlap, certification_scope
from infrastructure.database.earlier_writes import wait_for_earlier_writes
from users.models import Role

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from golden.generation import Progress
    from golden.policy_rules import PolicyRules
    from users.models import User

# What is saved at a time can be read only after its transaction, which takes less.
_RECENT = timedelta(minutes=5)
_MAX_WAIT_SECONDS = 20
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class SavedMeanwhile(Exception):
    """Somebody else saved a version, `existing`, after the form was opened."""

    def __init__(self, existing: PolicyVersion) -> None:
        super().__init__(f"{existing} was saved meanwhile.")
        self.existing = existing


def save_policy(
    actor: User | None, name: str, rules: PolicyRules, reason: str, *, opened: int | None = None
) -> PolicyVersion:
    """Save a version of a policy, the first one with a new name. `actor` is None for commands, which are trusted.

    `opened`: the number of the latest version when the form was opened, 0 for a new name; None is not compared. Raises
    `SavedMeanwhile` where another one is the latest now.
    Raises `PermissionDenied` below the role expert, and `EntryInvalid` with all that is wrong, by field: `name`,
    `logic`, `dataset_pattern`, `layout`, `stale`, `reason`. The reason may not be empty.
    """
    check_may_write(actor, "Saving a policy")
    if issues := [*name_issues(name), *rules_issues(rules), *_reason_issues(reason)]:
        raise EntryInvalid(issues)
    with operation(actor, GoldenChangeKind.POLICY, reason=reason.strip()):
        policy, _ = Policy.objects.get_or_create(name=name)
        policy = Policy.objects.select_for_update().get(pk=policy.pk)
        last = policy.versions.select_related("policy", "made_by").first()
        if last and opened not in (None, last.number):
            raise SavedMeanwhile(last)
        if last and last.rules == rules:
            raise EntryInvalid([ValidationIssue("logic", f"It is the same as {last}. Change something.")])
        return PolicyVersion.objects.create(
            policy=policy,
            number=last.number + 1 if last else 1,
            logic=rules.logic,
            dataset_pattern=rules.dataset_pattern,
            layout=rules.layout,
            stale=rules.stale,
            made_by=actor,
            made_at=timezone.now(),
            reason=reason.strip(),
        )


def rules_issues(rules: PolicyRules) -> list[ValidationIssue]:
    """Return what is wrong with the rules of a policy, by field, also a run of which two datasets match now."""
    issues = []
    try:
        variables = rules.compiled.variables
    except PolicyInvalid as error:
        issues += [ValidationIssue("logic", str(issue)) for issue in error.issues]
    issues += field_issues(rules)
    try:
        if not issues:
            certification_scope(timezone.now(), rules.pattern, variables, rules.stale)
    except DatasetsOverlap as error:
        issues.append(ValidationIssue("dataset_pattern", str(error)))
    return issues


def field_issues(rules: PolicyRules) -> list[ValidationIssue]:
    """Return what is wrong with the rules of a policy without its logic, by field. Reads nothing."""
    issues = []
    if not is_layout(rules.layout):
        issues.append(ValidationIssue("layout", f"There is no such layout. Choose one of {', '.join(LAYOUTS)}."))
    if rules.stale not in StaleRule.values:
        issues.append(ValidationIssue("stale", "Choose whether stale certifications count."))
    try:
        parse_pattern(rules.dataset_pattern)
    except PatternInvalid as error:
        issues.append(ValidationIssue("dataset_pattern", str(error)))
    return issues


def make_file(
    actor: User | None,
    version: PolicyVersion,
    moment: datetime,
    layout: str = "",
    *,
    progress: Progress | None = None,
) -> GoldenFile:
    """Generate a file as of a time (UTC) and store it; return the stored one of the same text and facts, if any.

    `actor` is None for commands. Raises `PermissionDenied` below the role expert, and `EntryInvalid`.
    """
    return run_steps(file_steps(actor, version, moment, layout), progress)


def file_steps(
    actor: User | None, version: PolicyVersion, moment: datetime, layout: str = "", key: UUID | None = None
) -> Steps[GoldenFile]:
    """Make a file as `make_file` does, in steps. `key`: of the form; a form that is sent twice makes one file."""
    check_may_write(actor, "Making a file")
    if moment > timezone.now():
        raise EntryInvalid([ValidationIssue("as_of", "The time is in the future. Give an earlier one.")])
    if moment < version.made_at:
        raise EntryInvalid([ValidationIssue("as_of", f"{version} was saved later. Give a later time.")])
    if timezone.now() - moment < _RECENT and not wait_for_earlier_writes(_MAX_WAIT_SECONDS):
        raise EntryInvalid([ValidationIssue("as_of", "Something is still being saved. Try later, or an earlier time.")])
    if made := _made_by_form(key):
        return made
    generated = yield from _generated(version, moment, layout)
    layout = layout or version.layout
    same = GoldenFile.objects.filter(
        policy_version=version,
        as_of=moment,
        layout=layout,
        sha256=generated.sha256,
        facts_sha256=facts_sha256(generated.manifest),
    )
    try:
        return same.first() or _store(actor, version, moment, layout, generated, key)
    except IntegrityError:  # somebody else has stored it meanwhile
        if made := _made_by_form(key) or same.first():
            return made
        raise


def _made_by_form(key: UUID | None) -> GoldenFile | None:
    return GoldenFile.objects.filter(form_key=key).first() if key else None


def _generated(version: PolicyVersion, moment: datetime, layout: str) -> Steps[GeneratedFile]:
    try:
        return (yield from generation_steps(version, moment, layout))
    except LayoutUnknown as error:
        raise EntryInvalid([ValidationIssue("layout", str(error))]) from None
    except (DatasetsOverlap, EvaluationFailed) as error:
        raise EntryInvalid([ValidationIssue("__all__", str(error))]) from None


@transaction.atomic
def _store(
    actor: User | None,
    version: PolicyVersion,
    moment: datetime,
    layout: str,
    generated: GeneratedFile,
    key: UUID | None,
) -> GoldenFile:
    file: GoldenFile = GoldenFile.objects.create(
        policy_version=version,
        as_of=moment,
        layout=layout,
        name=generated.name,
        content=generated.content,
        sha256=generated.sha256,
        manifest=generated.manifest,
        made_by=actor,
        made_at=timezone.now(),
        form_key=key,
        facts_sha256=facts_sha256(generated.manifest),
    )
    FileCertification.objects.bulk_create(
        FileCertification(
            file=file,
            certification_id=counted.key.pk,
            version=counted.key.version,
            lumisections_in=counted.lumisections_in,
            lumisections_out=counted.lumisections_out,
        )
        for counted in generated.tally.certifications
    )
    return file


def check_may_write(actor: User | None, action_name: str) -> None:
    """Raise `PermissionDenied` below the role expert. `actor` is None for commands."""
    if actor is not None and not actor.has_role(Role.EXPERT):
        raise PermissionDenied(f"{action_name} needs the role expert.")


def name_issues(name: str) -> list[ValidationIssue]:
    """Return what is wrong with the name of a policy. Reads nothing."""
    if _NAME.fullmatch(name) and len(name) <= MAX_NAME_LENGTH:
        return []
    sentence = f"The name has to be a-z, 0-9, - and _, a letter first, and at most {MAX_NAME_LENGTH} characters."
    return [ValidationIssue("name", sentence)]


def _reason_issues(reason: str) -> list[ValidationIssue]:
    return [] if reason.strip() else [ValidationIssue("reason", "Write why it is saved.")]
