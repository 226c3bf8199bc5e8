"""Signals for apps that store or cache something derived from tracked rows."""

from django.dispatch import Signal

# Rows were set back by an undo; sent in its transaction, with `rows`.
rows_restored = Signal()
