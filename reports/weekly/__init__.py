"""The weekly report: what it says, as plain data."""
