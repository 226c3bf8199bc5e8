"""Models of certifications and their vocabulary. App label and migrations are those of `certify`."""

from certify.models.certification import Dataset, RunReconstruction, TrackerCertification
from certify.models.stale_marks import StaleMark
from certify.models.vocabulary import BadReason, Checklist, PixelProblem, StripProblem, TrackingProblem, VocabularyTerm

__all__ = [
    "BadReason",
    "Checklist",
    "Dataset",
    "PixelProblem",
    "RunReconstruction",
    "StaleMark",
    "StripProblem",
    "TrackerCertification",
    "TrackingProblem",
    "VocabularyTerm",
]
