"""Flags of other detectors, their bits and states, as Run Registry gives them for a dataset. Readings are stored."""
