"""Choices of what is sent to Run Registry: stored values and their labels."""

from django.db import models

from audit.choices import register_change_kinds


class SyncChangeKind(models.TextChoices):
    """What is done about Run Registry, in the words of the history pages."""

    SEND = "send", "Confirmed for Run Registry"


class SendingPurpose(models.TextChoices):
    """Why a sending is made."""

    CERTIFY = "certify", "certification"
    REOPEN = "reopen", "back to SIGNOFF"
    COMPLETE = "complete", "to COMPLETED"
    UNDO = "undo", "undo"


class WriteState(models.TextChoices):
    """The state of a write. Those before `DONE` are not final."""

    PLANNED = "planned", "planned"
    SENDING = "sending", "sending"
    UNKNOWN = "unknown", "unknown, being read"
    DONE = "done", "done, read back"
    WAS_SO = "was_so", "was so already"
    OVERTOOK = "overtook", "done, over another flag"
    REFUSED = "refused", "refused"
    CONFLICT = "conflict", "conflict"
    GIVEN_UP = "given_up", "given up"


UNFINISHED = (WriteState.PLANNED, WriteState.SENDING, WriteState.UNKNOWN)
IN_FLIGHT = (WriteState.SENDING, WriteState.UNKNOWN)
EFFECTIVE = (WriteState.DONE, WriteState.WAS_SO)
# What Run Registry has in its history. `OVERTOOK`: it replaced a flag that was set between our reading and our writing,
# which people have to look at before the rest is sent.
WRITTEN = (WriteState.DONE, WriteState.OVERTOOK)

register_change_kinds(SyncChangeKind, position=40)
