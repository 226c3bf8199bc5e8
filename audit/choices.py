"""What a person can have done."""

from django.db import models


class ChangeKind(models.TextChoices):
    """The kinds of change, each in the words of the history pages."""

    CERTIFY = "certify", "Certified"
    AMEND = "amend", "Changed"
    WITHDRAW = "withdraw", "Withdrawn"
    RESTORE = "restore", "Restored"
    HAND_OVER = "hand_over", "Handed over"
    FACTS = "facts", "Facts typed"
    CONFIRM = "confirm", "Facts confirmed"
    ADOPT = "adopt", "Reference adopted"
    PROMOTE = "promote", "Promoted to reference"
    RETIRE = "retire", "Reference retired"
    VOCABULARY = "words", "Reason, problem or checklist edited"
    ASK = "ask", "Asked"
    ANSWER = "answer", "Answered"
    REVIEW = "review", "Reviewed"
    TRAINING = "training", "Training"
    ACCOUNT = "account", "Account or role"
    NOTE = "note", "Note on a week"
    SETTING = "setting", "Setting"
    UNDO = "undo", "Undone"
    INITIAL = "found", "As found"
    OTHER = "other", "Other"
