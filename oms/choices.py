"""Choices of the run and fill models."""

from django.db import models

from audit.choices import register_change_kinds


class RunType(models.TextChoices):
    """Type of a run, derived from the HLT key and stable beam (rules: "Run type") or typed."""

    COLLISIONS = "collisions", "Collisions"
    COSMICS = "cosmics", "Cosmics"
    UNKNOWN = "unknown", "Unknown"


class SourceKind(models.TextChoices):
    """Where an attribute's value comes from."""

    OMS = "oms", "OMS"
    TYPED = "typed", "typed"
    DERIVED = "derived", "derived"
    NONE = "none", "not reported"


class FactsChangeKind(models.TextChoices):
    """The kinds of change of the facts of a run or fill."""

    FACTS = "facts", "Facts changed"


register_change_kinds(FactsChangeKind, position=20)
