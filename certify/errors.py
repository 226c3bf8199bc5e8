"""Why an action on a certification was not carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from certify.models import TrackerCertification
    from certify.rules.entry import ValidationIssue


class EntryInvalid(Exception):
    """The entry breaks a rule or leaves a question open; `issues` say which and beside which field."""

    def __init__(self, issues: list[ValidationIssue]):
        super().__init__("; ".join(one.sentence for one in issues))
        self.issues = issues


class AlreadyCertified(Exception):
    """Somebody was faster: `existing` is what stands."""

    def __init__(self, existing: TrackerCertification):
        super().__init__(f"{existing} is certified already.")
        self.existing = existing


class ChangedMeanwhile(Exception):
    """The certification is not the version that was loaded: `existing` is what stands now."""

    def __init__(self, existing: TrackerCertification):
        super().__init__(f"{existing} was changed meanwhile.")
        self.existing = existing
