"""What is done to settings of the week, in the words of the history pages."""

from django.db import models

from audit.choices import register_change_kinds


class SettingChangeKind(models.TextChoices):
    """The kinds of change of a setting."""

    SETTING = "setting", "Setting"


register_change_kinds(SettingChangeKind, position=60)
