"""Reasons and problems to start with. Shift leaders change them; a table that has any rows is left alone."""

from __future__ import annotations

from dataclasses import dataclass

from certify.models import BadReason, NamedText, PixelProblem, StripProblem, TrackingProblem

OFF = "Detector off"
NAME_IT = "Name it in the comment, with the lumisections."
TELL = "If the run before did not have it, tell the shift leader, who tells the detector group."


@dataclass(frozen=True)
class Start:
    """A word to start with, and those below it."""

    name: str
    description: str = ""
    what_to_do: str = ""
    below: tuple[Start, ...] = ()


WORDS: dict[type[NamedText], tuple[Start, ...]] = {
    BadReason: (
        Start(
            OFF,
            "The detector was off or in standby for most of the run.",
            "Look at the detector status in OMS. One that was not in the run at all is *excluded*, not bad.",
        ),
        Start("High voltage trip", "Part of the detector lost its high voltage during the run.", NAME_IT),
        Start("Readout problem", "Front-end drivers in error, modules without data, or out of synchronisation.", TELL),
        Start("Low efficiency", "Hit or track efficiency is well below the reference.", TELL),
        Start("Beam conditions", "Background, beam dump or optics that the reference does not have."),
        Start("Short run", "Too few events to judge, and nothing else speaks for it.", "Think of *low* instead."),
        Start("Wrong calibration", "Gains, pedestals, Lorentz angle or alignment not those of the data.", TELL),
        Start(
            "Processing failed",
            "Histograms are missing or filled from part of the data.",
            "Look again an hour later before you call it bad.",
        ),
    ),
    PixelProblem: (
        Start(
            "Pixel holes",
            "Parts without digis that the reference has.",
            below=(
                Start("Sector off", "A barrel or forward sector without digis.", NAME_IT),
                Start("Dead read-out chips", "New holes in the occupancy map.", TELL),
            ),
        ),
        Start(
            "Pixel performance",
            "All parts give digis, but not as in the reference.",
            below=(
                Start(
                    "Barrel inefficient",
                    "Fewer on-track clusters than in the reference.",
                    below=(
                        Start(
                            "Barrel layer 1 inefficient",
                            "Fewer clusters on layer 1 than in the reference, mostly at high luminosity.",
                            "Compare with a run at the same luminosity before you call it bad.",
                        ),
                    ),
                ),
                Start("Cluster charge shifted", "The peak of the on-track cluster charge is off the reference.", TELL),
            ),
        ),
    ),
    StripProblem: (
        Start(
            "Strip power",
            "Modules without high or low voltage.",
            below=(
                Start("Modules in standby", "Part of a layer or disk without high voltage.", NAME_IT),
                Start("Power group off", "All modules of one power group are white in the map.", NAME_IT),
            ),
        ),
        Start("Front-end driver errors", "Channels or boards with errors through the run.", TELL),
        Start(
            "Strip performance",
            "All parts give data, but not as in the reference.",
            below=(
                Start(
                    "Signal over noise low",
                    "On-track signal over noise below the reference.",
                    "Is the reference of the same mode, peak or deconvolution?",
                ),
                Start("Inefficient layer", "Hit efficiency of a layer or disk below the reference.", NAME_IT),
            ),
        ),
    ),
    TrackingProblem: (
        Start(
            "Too few tracks",
            "Tracks per event well below the reference.",
            "Compare at the same luminosity; look at Pixel and Strip first.",
            below=(
                Start("Seeding inefficient", "One of the iterations yields fewer tracks than in the reference."),
                Start("Asymmetric in phi", "Tracks missing in a part of phi.", NAME_IT),
            ),
        ),
        Start("Chi2 distribution wide", "Normalised chi2 above the reference: alignment or noise.", TELL),
    ),
}


def load_words() -> int:
    """Fill the empty tables, each word a change by itself; the number of new rows."""
    return sum(_made(model, None, words) for model, words in WORDS.items() if not model._default_manager.exists())


def _made(model: type[NamedText], parent: NamedText | None, words: tuple[Start, ...]) -> int:
    made = 0
    for word in words:
        row = model(name=word.name, description=word.description, what_to_do=word.what_to_do)
        row.parent_id = parent.pk if parent else None
        row.save()
        made += 1 + _made(model, row, word.below)
    return made
