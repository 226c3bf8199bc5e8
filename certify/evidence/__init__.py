"""Histograms of DIALS for certifying: which runs are read, and what is stored of a run and its reference."""
