"""The words of a certification, as stored and as shown."""

from django.db import models


class Reconstruction(models.TextChoices):
    """Each processing of a run is certified by itself."""

    EXPRESS = "express", "Express"
    PROMPT = "prompt", "Prompt"
    RERECO = "rereco", "ReReco"
    RERECOUL = "rerecoul", "ReRecoUL"


class Component(models.TextChoices):
    """What is judged; in this order on every page."""

    PIXEL = "pixel", "Pixel"
    STRIP = "strip", "Strip"
    TRACKING = "tracking", "Tracking"


class Flag(models.TextChoices):
    """A shifter's word on one component."""

    GOOD = "good", "Good"
    BAD = "bad", "Bad"
    EXCLUDED = "excluded", "Excluded"


class Verdict(models.TextChoices):
    """What the three flags come to (certify/quality.py)."""

    GOOD = "good", "Good"
    BAD = "bad", "Bad"
    UNDECIDED = "undecided", "Undecided"


class TrackerMap(models.TextChoices):
    """Whether the tracker maps of the reconstruction were there to look at."""

    EXISTS = "exists", "Exists"
    MISSING = "missing", "Missing"


class State(models.TextChoices):
    """A certification counts while it is live; a withdrawn one is kept, with who, when and why."""

    LIVE = "live", "Live"
    WITHDRAWN = "withdrawn", "Withdrawn"
