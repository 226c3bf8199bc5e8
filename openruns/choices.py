"""What a reconstruction can be, seen from the open runs page."""

from django.db import models


class ReconstructionStatus(models.TextChoices):
    """How far a reconstruction is."""

    OPEN = "open", "open"
    CERTIFIED = "certified", "certified"
    MINE = "mine", "mine"
    CLOSED = "closed", "closed"


# Tracker's states in Run Registry other than open; "" is the state of a dataset without one.
CLOSED_STATE_TEXTS = {
    "": "has no Tracker state in Run Registry",
    "COMPLETED": "is completed in Run Registry",
    "SIGNOFF": "is signed off in Run Registry",
    "waiting dqm gui": "waits for the DQM GUI",
    "not significant for workspace": "is not significant for Tracker",
}
