"""The weekly report as plain data."""
