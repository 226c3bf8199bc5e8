"""The monitoring elements that are read of each run: two of each component, one of Pixel a map.

More of them cost more requests: the bounds in docs/operator.md hold for these.
"""

_TRACKS = "Tracking/TrackParameters/highPurityTracks/pt_1"
_SIGNAL = "SiStrip/MechanicalView/{0}/layer_1/Summary_ClusterStoNCorr__OnTrack__{0}__layer__1"
ELEMENTS_BY_COMPONENT = {
    "pixel": (
        "PixelPhase1/Phase1_MechanicalView/PXBarrel/clusters_per_SignedModuleCoord_per_SignedLadderCoord_PXLayer_1",
        "PixelPhase1/Tracks/PXBarrel/charge_PXLayer_1",
    ),
    "strip": (_SIGNAL.format("TIB"), _SIGNAL.format("TOB")),
    "tracking": (
        f"{_TRACKS}/GeneralProperties/NumberOfTracks_GenTk",
        f"{_TRACKS}/HitProperties/NumberOfRecHitsPerTrack_GenTk",
    ),
}
ELEMENTS = tuple(name for names in ELEMENTS_BY_COMPONENT.values() for name in names)
