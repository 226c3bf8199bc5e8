"""Told to whoever keeps something that follows from what is stored."""

from django.dispatch import Signal

# Rows were set back by an undo; sent in its transaction, with `rows`.
rows_restored = Signal()
