"""Signals of the OMS mirror, for applications that depend on its data."""

from django.dispatch import Signal

# Sent within the transaction that writes the mirror. Argument `rows`: the runs whose run type, number of lumisections
# or recorded luminosity has changed.
facts_changed = Signal()
