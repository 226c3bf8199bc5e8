"""Stand-in of Run Registry at `/registry`."""
