"""Models of the core. The app label and the migrations are those of `certify`."""

from certify.models.certification import Dataset, RunReconstruction, TrackerCertification
from certify.models.vocabulary import BadReason, Checklist, PixelProblem, StripProblem, TrackingProblem, VocabularyTerm

__all__ = [
    "BadReason",
    "Checklist",
    "Dataset",
    "PixelProblem",
    "RunReconstruction",
    "StripProblem",
    "TrackerCertification",
    "TrackingProblem",
    "VocabularyTerm",
]
