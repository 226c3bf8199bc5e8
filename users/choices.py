"""What is done to accounts, in the words of the history pages."""

from django.db import models

from audit.choices import register_change_kinds


class AccountChangeKind(models.TextChoices):
    """The kinds of change of an account."""

    TRAINING = "training", "Training"
    ACCOUNT = "account", "Account or role"


register_change_kinds(AccountChangeKind, position=40)
