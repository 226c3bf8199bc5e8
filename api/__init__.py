"""The record read by machines: the API under /api/v1/, its description, and the tokens of people."""
