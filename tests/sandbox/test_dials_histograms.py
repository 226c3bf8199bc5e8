"""Histograms of the stand-in of DIALS: the same at each question, and with the defects of docs/sandbox.md."""

from __future__ import annotations

import re

import pytest

from tests.sandbox.test_dials import PROMPT, RUN, Dials

CHARGE = "PixelPhase1/Tracks/PXBarrel/charge_PXLayer_1"
TRACKS = "Tracking/TrackParameters/highPurityTracks/pt_1/GeneralProperties"
SIGNAL = "SiStrip/MechanicalView/TIB/layer_1/Summary_ClusterStoNCorr__OnTrack__TIB__layer__1"
MAP = "PixelPhase1/Phase1_MechanicalView/PXBarrel/clusters_per_SignedModuleCoord_per_SignedLadderCoord_PXLayer_1"


@pytest.fixture
def dials(sandbox):
    """DIALS with a valid token."""
    return Dials(sandbox)


def _histograms(dials, run, element, first, last, route="th1/"):
    asked = {"ls_number__gte": first, "ls_number__lte": last, "page_size": 500, "dataset_id": PROMPT}
    return dials.rows(route, run_number=run, me=element, **asked)


def _mean(rows):
    """The mean of the sum of the histograms, in units of the x axis."""
    total = [sum(bins) for bins in zip(*(row["data"] for row in rows), strict=True)]
    width = (rows[0]["x_max"] - rows[0]["x_min"]) / rows[0]["x_bin"]
    centres = [rows[0]["x_min"] + (place + 0.5) * width for place in range(rows[0]["x_bin"])]
    return sum(centre * count for centre, count in zip(centres, total, strict=True)) / sum(total)


def test_same_question_has_the_same_answer_in_every_process(dials):
    """The numbers are pinned: they do not depend on the order of questions or the process."""
    rows = _histograms(dials, RUN, CHARGE, 100, 101)
    assert [row["entries"] for row in rows] == [444663, 443165]
    alone = dials.ask(f"th1/{PROMPT}/{RUN}/101/1/").json()
    assert alone == rows[1]


def test_contents_are_floats_without_those_above_the_axis(dials):
    answer = dials.ask(f"th1/{PROMPT}/{RUN}/100/1/")
    assert re.search(r'"data":\[(\d+\.0,){99}\d+\.0\]\}$', answer.text)
    row = answer.json()
    assert len(row["data"]) == row["x_bin"] == 100
    assert 0 < row["entries"] - sum(row["data"]) < 0.01 * row["entries"]


def test_entries_follow_pile_up_and_detector_bits(dials):
    """Without beam there are none (LS 1 to 43), and none of pixel where it is off."""
    rows = _histograms(dials, RUN, CHARGE, 40, 50)
    assert [row["entries"] > 0 for row in rows] == [False] * 4 + [True] * 7
    off = _histograms(dials, 315366, CHARGE, 750, 764)
    assert [row["ls_number"] for row in off if row["entries"] == 0] == list(range(751, 765))


def test_sector_of_pixel_dies(dials):
    before, after = _histograms(dials, RUN, MAP, 299, 300, "th2/")
    assert (len(before["data"]), len(before["data"][0])) == (before["y_bin"], before["x_bin"]) == (26, 72)
    dead = [
        (x, y)
        for y, row in enumerate(after["data"])
        for x, count in enumerate(row)
        if count == 0 and before["data"][y][x] > 0
    ]
    assert len(dead) == 144
    assert {x for x, _ in dead} == set(range(24))  # modules -4 to -2
    assert {y for _, y in dead} == set(range(16, 22))  # ladders 2 to 4


def test_signal_of_strip_falls(dials):
    before, after = (_mean(_histograms(dials, 315339, SIGNAL, *ends)) for ends in ((190, 199), (200, 209)))
    assert after / before == pytest.approx(0.88, abs=0.03)


def test_tracks_are_lost_with_a_hole_in_phi(dials):
    name = f"{TRACKS}/NumberOfTracks_GenTk"
    before, after = (_mean(_histograms(dials, 315543, name, number, number)) for number in (57, 60))
    assert (after / 57.6) / (before / 58.0) == pytest.approx(0.72, abs=0.02)  # for each unit of pile-up
    (phi,) = _histograms(dials, 315543, f"{TRACKS}/TrackPhi_ImpactPoint_GenTk", 60, 60)
    assert [place for place, count in enumerate(phi["data"]) if count == 0] == list(range(20, 26))


def test_few_entries_other_binning_missing_element_and_absent_run(dials):
    assert 0 < _histograms(dials, 315265, CHARGE, 10, 10)[0]["entries"] < 1000
    assert _histograms(dials, 315363, CHARGE, 10, 10)[0]["x_bin"] == 50
    missing = f"{TRACKS}/Chi2oNDF_GenTk"
    assert _histograms(dials, 315267, missing, 1, 5) == []
    assert missing not in {row["me"] for row in dials.ask(f"mes/{PROMPT}/315267/").json()}
    assert dials.rows("lumisection/", run_number=315267)[0]["th1_count"] == 53
    assert dials.rows("run/", run_number=315490) == []


def test_flags_of_the_models(dials):
    def flagged(run, workspace):
        asked = {"run_number": run, "dataset_id": PROMPT, "page_size": 500}
        page = dials.ask("ml-bad-lumisection/", workspace, **asked).json()
        more = (
            dials.session.get(page["next"], headers={"Workspace": workspace}, timeout=10).json() if page["next"] else {}
        )
        return [row["ls_number"] for row in page["results"] + more.get("results", [])]

    assert flagged(RUN, "global") == list(range(300, 849))
    assert flagged(315366, "global") == list(range(751, 765))
    assert flagged(315556, "tracker") == [9, 17, 23]
    assert flagged(315259, "global") == []


@pytest.mark.parametrize("run", [315259, 315270, 315555, 315713])
def test_good_runs_are_alike(dials, run):
    """Charge and signal agree within the spread of good runs, whatever the pile-up."""
    charge, signal = (_mean(_histograms(dials, run, name, 60, 64)) for name in (CHARGE, SIGNAL))
    assert charge == pytest.approx(27150, rel=0.015)
    assert signal == pytest.approx(25.74, rel=0.005)
