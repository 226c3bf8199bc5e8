"""Policies, files of good runs made from certifications, and why a lumisection is in or out."""
