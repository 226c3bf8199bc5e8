"""Stand-in of DIALS at `/dials/api/v1`: histograms of monitoring elements by lumisection. All values are derived."""
