"""Signal of the mirror of lumisections."""

from django.dispatch import Signal

# Sent within the transaction that stores other rows of a run than before. Arguments: `reading`, and the `earlier` one
# or None.
lumisections_changed = Signal()
