"""Reasons and problems to start with. Admins change them; a table that has any rows is left alone."""

from certify.models import BadReason, NamedText, PixelProblem, StripProblem, TrackingProblem

OFF = "Detector off"

WORDS: dict[type[NamedText], dict[str, str]] = {
    BadReason: {
        OFF: "The detector was off or in standby for most of the run.",
        "High voltage trip": "Part of the detector lost its high voltage during the run.",
        "Readout problem": "Front-end drivers in error, modules without data, or data out of synchronisation.",
        "Low efficiency": "Hit or track efficiency is well below the reference.",
        "Beam conditions": "Background, beam dump or optics that the reference does not have.",
        "Short run": "Too few events to judge, and nothing else speaks for it.",
        "Wrong calibration": "Gains, pedestals, Lorentz angle or alignment not those of the data.",
        "Processing failed": "Histograms are missing or filled from part of the data.",
    },
    PixelProblem: {
        "Barrel layer 1 inefficient": "Fewer clusters on layer 1 than in the reference, mostly at high luminosity.",
        "Sector off": "A barrel or forward sector without digis.",
        "Cluster charge shifted": "The peak of the on-track cluster charge is off the reference.",
        "Dead read-out chips": "New holes in the occupancy map.",
    },
    StripProblem: {
        "Modules in standby": "Part of a layer or disk without high voltage.",
        "Signal over noise low": "On-track signal over noise below the reference.",
        "Front-end driver errors": "Channels or boards with errors through the run.",
        "Inefficient layer": "Hit efficiency of a layer or disk below the reference.",
    },
    TrackingProblem: {
        "Too few tracks": "Tracks per event well below the reference.",
        "Chi2 distribution wide": "Normalised chi2 above the reference: alignment or noise.",
        "Asymmetric in phi": "Tracks missing in a part of phi.",
        "Seeding inefficient": "One of the iterations yields fewer tracks than in the reference.",
    },
}


def load_words() -> int:
    """Fill the empty tables; the number of new rows."""
    made = 0
    for model, words in WORDS.items():
        rows = model._default_manager
        if not rows.exists():
            made += len(rows.bulk_create(model(name=name, description=text) for name, text in words.items()))
    return made
