"""Choices of policies: stored values and their labels."""

from django.db import models

from audit.choices import register_change_kinds


class GoldenChangeKind(models.TextChoices):
    """What is done with policies, in the words of the history pages."""

    POLICY = "policy", "Policy saved"


class StaleRule(models.TextChoices):
    """What becomes of stale certifications. Either way the manifest lists them."""

    COUNTS = "counts", "count, and are listed"
    LEFT_OUT = "left_out", "are left out, and are listed"


register_change_kinds(GoldenChangeKind, position=50)
