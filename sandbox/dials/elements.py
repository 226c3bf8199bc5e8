"""Monitoring elements by workspace: names and binning as in DIALS, the number of entries derived."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.dials.defects import has_element

TRACKER, GLOBAL, JETMET = "tracker", "global", "jetmet"
WORKSPACES = (GLOBAL, JETMET, TRACKER)
STRIP_BITS = ("tibtid_ready", "tob_ready", "tecp_ready", "tecm_ready")
_TRACKING_BITS = ("bpix_ready", "fpix_ready", *STRIP_BITS)
_TRACKS = "Tracking/TrackParameters/highPurityTracks/pt_1"
_GENERAL = f"{_TRACKS}/GeneralProperties"
_CLUSTERS = "PixelPhase1/Phase1_MechanicalView/PXBarrel/clusters_per_SignedModuleCoord_per_SignedLadderCoord_PXLayer"
# Ladders on each side of a layer of the barrel.
LADDERS = {1: 6, 2: 14}


@dataclass(frozen=True)
class BinnedAxis:
    """Uniform bins from the low edge of the first to the high edge of the last."""

    low: float
    high: float
    bins: int


@dataclass(frozen=True)
class SandboxElement:
    """A monitoring element.

    `entries` is the number of entries of a lumisection at a pile-up of 40 with everything on, for elements with
    `per_event` at any pile-up. `bits` are the detector bits it needs; each that is off takes its share of the entries.
    `peak` is the most probable value, for elements with `per_event` the mean for each unit of pile-up.
    """

    name: str
    family: str
    x: BinnedAxis
    entries: int
    bits: tuple[str, ...]
    peak: float = 0
    y: BinnedAxis | None = None
    per_event: bool = False
    layer: int = 0

    @property
    def dim(self) -> int:
        return 2 if self.y else 1

    def is_in(self, run_number: int) -> bool:
        """Return whether DIALS has the element for this run."""
        return has_element(self.name, run_number)


def _charges() -> list[SandboxElement]:
    axis = BinnedAxis(0, 80_000, 100)
    barrel = [
        SandboxElement(
            f"PixelPhase1/Tracks/PXBarrel/charge_PXLayer_{layer}", "charge", axis, entries, ("bpix_ready",), 21_000
        )
        for layer, entries in ((1, 300_000), (2, 250_000), (3, 220_000), (4, 200_000))
    ]
    forward = [
        SandboxElement(
            f"PixelPhase1/Tracks/PXForward/charge_PXDisk_{disk}", "charge", axis, 60_000, ("fpix_ready",), 19_000
        )
        for disk in ("+1", "+2", "+3", "-1", "-2", "-3")
    ]
    return barrel + forward


def _clusters_on_track() -> list[SandboxElement]:
    axis = BinnedAxis(0, 1000, 100)
    name = "PixelPhase1/Tracks/num_clusters_ontrack_PX"
    return [
        SandboxElement(f"{name}Barrel", "clusters", axis, 1000, ("bpix_ready",), 6.5, per_event=True),
        SandboxElement(f"{name}Forward", "clusters", axis, 1000, ("fpix_ready",), 3.5, per_event=True),
    ]


def _signals() -> list[SandboxElement]:
    partitions = [
        *((f"TIB/layer_{number}", "tibtid_ready", 20.5) for number in range(1, 5)),
        *((f"TOB/layer_{number}", "tob_ready", 26.5) for number in range(1, 7)),
        *((f"TID/{side}/wheel_{number}", "tibtid_ready", 19.5) for side in ("MINUS", "PLUS") for number in range(1, 4)),
        *((f"TEC/MINUS/wheel_{number}", "tecm_ready", 23.5) for number in range(1, 10)),
        *((f"TEC/PLUS/wheel_{number}", "tecp_ready", 23.5) for number in range(1, 10)),
    ]
    return [_signal(path, bit, peak) for path, bit, peak in partitions]


def _signal(path: str, bit: str, peak: float) -> SandboxElement:
    ending = path.replace("/", "__").replace("_wheel_", "_wheel__").replace("_layer_", "_layer__")
    name = f"SiStrip/MechanicalView/{path}/Summary_ClusterStoNCorr__OnTrack__{ending}"
    return SandboxElement(name, "signal", BinnedAxis(-0.5, 99.5, 100), 78_000, (bit,), peak)


def _of_tracks() -> list[SandboxElement]:
    def of_tracks(name: str, family: str, low: float, high: float, bins: int) -> SandboxElement:
        return SandboxElement(name, family, BinnedAxis(low, high, bins), 40_000, _TRACKING_BITS)

    tracks = f"{_GENERAL}/NumberOfTracks_GenTk"
    vertices = "Tracking/PrimaryVertices/highPurityTracks/pt_0to1/offline/NumberOfGoodPVtx_offline"
    return [
        SandboxElement(tracks, "tracks", BinnedAxis(-0.5, 199.5, 100), 1000, _TRACKING_BITS, 2.1, per_event=True),
        of_tracks(f"{_TRACKS}/HitProperties/NumberOfRecHitsPerTrack_GenTk", "hits", -0.5, 39.5, 40),
        of_tracks(f"{_GENERAL}/Chi2oNDF_GenTk", "chi2", 0, 10, 50),
        of_tracks(f"{_GENERAL}/TrackEta_ImpactPoint_GenTk", "eta", -3, 3, 26),
        of_tracks(f"{_GENERAL}/TrackPhi_ImpactPoint_GenTk", "phi", -3.2, 3.2, 32),
        of_tracks(f"{_GENERAL}/TrackPt_ImpactPoint_GenTk", "pt", 0, 100, 100),
        of_tracks(f"{_GENERAL}/DistanceOfClosestApproachToBS_GenTk", "distance", -0.5, 0.5, 100),
        SandboxElement(vertices, "vertices", BinnedAxis(-0.5, 79.5, 80), 1000, _TRACKING_BITS, 0.7, per_event=True),
    ]


def _maps() -> list[SandboxElement]:
    clusters = [
        SandboxElement(
            f"{_CLUSTERS}_{layer}",
            "map",
            BinnedAxis(-4.5, 4.5, 72),
            entries,
            ("bpix_ready",),
            y=BinnedAxis(-ladders - 0.5, ladders + 0.5, 4 * ladders + 2),
            layer=layer,
        )
        for (layer, ladders), entries in zip(LADDERS.items(), (190_000, 230_000), strict=True)
    ]
    name = f"{_GENERAL}/TrackEtaPhi_ImpactPoint_GenTk"
    y = BinnedAxis(-3.2, 3.2, 32)
    return [*clusters, SandboxElement(name, "eta-phi", BinnedAxis(-3, 3, 26), 40_000, _TRACKING_BITS, y=y)]


_MAPS = _maps()
# The identifiers are those of a workspace: the same element has another one elsewhere.
ELEMENTS: dict[str, dict[int, SandboxElement]] = {
    TRACKER: dict(enumerate([*_charges(), *_clusters_on_track(), *_signals(), *_of_tracks(), *_MAPS], start=1)),
    GLOBAL: dict(enumerate(_MAPS[:2], start=301)),
    JETMET: {},
}


def element_id(workspace: str, name: str) -> int | None:
    """Return the identifier of an element in a workspace, or None."""
    return next((number for number, element in ELEMENTS[workspace].items() if element.name == name), None)
