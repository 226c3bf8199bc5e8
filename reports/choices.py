"""What is done to the notes of a week, in the words of the history pages."""

from django.db import models

from audit.choices import register_change_kinds


class NoteChangeKind(models.TextChoices):
    """The kinds of change of a note."""

    NOTE = "note", "Note on a week"


register_change_kinds(NoteChangeKind, position=50)
