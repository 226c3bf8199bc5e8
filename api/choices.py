"""What is done to API tokens, in the words of the history pages."""

from django.db import models

from audit.choices import register_change_kinds


class TokenChangeKind(models.TextChoices):
    """The kinds of change of an API token."""

    TOKEN = "token", "API token"


register_change_kinds(TokenChangeKind, position=42)
