"""DIALS: histograms of monitoring elements by lumisection, read and stored as summaries of a run."""
