"""Histograms of DIALS for certifying. The app has the requests; what is read is in `dials`."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "certify.evidence"
    label = "evidence"
