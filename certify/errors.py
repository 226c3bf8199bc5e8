"""Exceptions of the actions on certifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from certify.models import TrackerCertification
    from certify.rules.entry import ValidationIssue


class EntryInvalid(Exception):
    """The entry breaks a rule or lacks a confirmation; `issues` has the sentences and form fields."""

    def __init__(self, issues: list[ValidationIssue]):
        super().__init__("; ".join(issue.sentence for issue in issues))
        self.issues = issues


class AlreadyCertified(Exception):
    """The reconstruction has a live certification already: `existing`."""

    def __init__(self, existing: TrackerCertification):
        super().__init__(f"{existing} is certified already.")
        self.existing = existing


class ChangedMeanwhile(Exception):
    """The certification was changed after the form was loaded; `existing` is the current version."""

    def __init__(self, existing: TrackerCertification):
        super().__init__(f"{existing} was changed meanwhile.")
        self.existing = existing
