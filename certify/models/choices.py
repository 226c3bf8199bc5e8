"""Choices of a certification: stored values and their labels."""

from django.db import models

from audit.choices import register_change_kinds


class Reconstruction(models.TextChoices):
    """A processing of a run. Each one is certified separately."""

    EXPRESS = "express", "Express"
    PROMPT = "prompt", "Prompt"
    RERECO = "rereco", "ReReco"
    RERECOUL = "rerecoul", "ReRecoUL"


class Flag(models.TextChoices):
    """The flag that a shifter gives to a component."""

    GOOD = "good", "Good"
    BAD = "bad", "Bad"
    EXCLUDED = "excluded", "Excluded"


class Verdict(models.TextChoices):
    """The verdict that follows from the flags (certify/models/verdict.py)."""

    GOOD = "good", "Good"
    BAD = "bad", "Bad"
    UNDECIDED = "undecided", "Undecided"


class TrackerMap(models.TextChoices):
    """Whether the tracker maps of the reconstruction were available to the shifter."""

    EXISTS = "exists", "Exists"
    MISSING = "missing", "Missing"


class CertificationState(models.TextChoices):
    """A certification counts while it is live. A withdrawn one stays stored, with who, when and why."""

    LIVE = "live", "Live"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ConfirmationCode(models.TextChoices):
    """A condition that needs a confirmation on entry. The codes are stored with the certification."""

    STRIP_LOWSTAT = "strip_lowstat", "Tracking is good while Strip is excluded, or bad with low statistics"
    PIXEL = "pixel", "Tracking is good while Pixel is bad or excluded"
    ABSENT = "absent", "A flag is given for a detector that was not in the run"
    LUMI = "lumi", "The recorded luminosity does not fit the run type"
    REF_NEWER = "ref_newer", "The reference is newer than the run"
    REF_OLD = "ref_old", "The reference is more than 6000 runs older"
    REF_TYPE = "ref_type", "The run type of the run or of the reference is unknown"
    DCS = "dcs", "A detector was off in many lumisections"
    RANGES_MOST = "ranges_most", "Ranges leave less than half of what a component is called good for"
    RANGE_TRACKING = "range_tracking", "Tracking is good in lumisections that a Strip range calls bad"
    TYPED_ODD = "typed_odd", "A typed energy or luminosity is out of the usual range"
    WHERE = "where", "The comment only repeats the reason: the whole run is bad"
    COUNTERPART = "counterpart", "Express and prompt differ"


class ChecklistUse(models.TextChoices):
    """Where a checklist is used."""

    CERTIFY = "certify", "before certifying"
    WEEK = "week", "by the shift leader"


class CertificationChangeKind(models.TextChoices):
    """What is done to a certification, in the words of the history pages."""

    CERTIFY = "certify", "Certified"
    AMEND = "amend", "Changed"
    WITHDRAW = "withdraw", "Withdrawn"
    RESTORE = "restore", "Restored"
    HAND_OVER = "hand_over", "Handed over"


class ReviewChangeKind(models.TextChoices):
    """What is done with all that a certification rests on: its facts, references, vocabulary, questions, reviews."""

    CONFIRM = "confirm", "Facts confirmed"
    ADOPT = "adopt", "Reference adopted"
    PROMOTE = "promote", "Promoted to reference"
    RETIRE = "retire", "Reference retired"
    VOCABULARY = "words", "Reason, problem or checklist edited"
    ASK = "ask", "Asked"
    ANSWER = "answer", "Answered"
    REVIEW = "review", "Reviewed"


register_change_kinds(CertificationChangeKind, position=10)
register_change_kinds(ReviewChangeKind, position=30)
