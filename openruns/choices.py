"""Status of a reconstruction on the open runs page."""

from django.db import models


class ReconstructionStatus(models.TextChoices):
    """Status of a reconstruction, as seen by one user."""

    OPEN = "open", "open"
    CERTIFIED = "certified", "certified"
    MINE = "mine", "mine"
    CLOSED = "closed", "closed"


# States of the Tracker in Run Registry other than OPEN; "" stands for a dataset without a state.
CLOSED_STATE_TEXTS = {
    "": "has no Tracker state in Run Registry",
    "COMPLETED": "is completed in Run Registry",
    "SIGNOFF": "is signed off in Run Registry",
    "waiting dqm gui": "waits for the DQM GUI",
    "not significant for workspace": "is not significant for Tracker",
}
