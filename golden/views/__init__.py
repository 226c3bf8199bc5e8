"""Views of golden files and policies."""
