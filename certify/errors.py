"""Why an action on a certification was not carried out."""

from __future__ import annotations

from certify.models import TrackerCertification
from certify.rules.entry import Refusal


class EntryRefused(Exception):
    """The entry breaks a rule or leaves a question open; `refusals` say which and beside which field."""

    def __init__(self, refused: list[Refusal]):
        super().__init__("; ".join(one.sentence for one in refused))
        self.refusals = refused


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
