"""Data of the sandbox, compared with values that were determined from the sources."""

from __future__ import annotations

from sandbox import world
from sandbox.registry.flags import FlaggedState, triplet_summary
from sandbox.registry.rows import dataset_names, dataset_rows, run_class, run_rows, tracker_state
from sandbox.world.lumisections import runs_with_lumisections

RUNS = 1231
GLOBAL_RUNS = 866
RUNS_WITHOUT_FILL = 425
RUNS_WITH_STABLE_BEAM = 229
RUNS_WITH_B_FIELD = 285
RUNS_WITH_ROWS, ROWS = 779, 100_000
FILLS, FILLS_WITH_STABLE_BEAM = 103, 42
GOLDEN_RUNS = 67
PLAIN_COLLISIONS = (
    315259, 315264, 315265, 315267, 315270, 315339, 315357, 315363, 315490, 315543, 315555, 315556,
)  # fmt: skip


def _count(test) -> int:
    return sum(1 for run in world.runs().values() if test(run))


def test_runs_are_those_of_the_month():
    assert len(world.runs()) == RUNS
    assert (min(world.runs()), max(world.runs())) == (314206, 316201)
    assert _count(lambda run: run["sequence"] == "GLOBAL-RUN") == GLOBAL_RUNS


def test_unknown_value_is_none():
    assert _count(lambda run: run["fill_number"] is None) == RUNS_WITHOUT_FILL
    assert _count(lambda run: run["b_field"] is not None) == RUNS_WITH_B_FIELD
    complete = [number for number, run in world.runs().items() if run["b_field"] and run["last_lumisection_number"]]
    assert len(complete) == RUNS_WITH_B_FIELD - 1
    assert [number for number, run in world.runs().items() if run["end_time"] is None] == [314406, 314805]


def test_stable_beam_with_zero_luminosity_is_unchanged():
    assert _count(lambda run: run["stable_beam"]) == RUNS_WITH_STABLE_BEAM
    assert _count(lambda run: run["stable_beam"] and run["recorded_lumi"] == 0.0) == 14
    assert _count(lambda run: run["energy"] == 0) == 463


def test_run_has_the_exact_values_of_the_source():
    run = world.runs()[315257]
    assert (run["fill_number"], run["start_time"], run["last_lumisection_number"]) == (6615, "2018-04-26T21:08:49Z", 92)
    assert (run["recorded_lumi"], run["delivered_lumi"], run["energy"]) == (7.9583984375, 8.6848515625, 6499)


def test_hlt_key_follows_the_mode():
    keys = {run["l1_hlt_mode"]: run["hlt_key"] for run in world.runs().values()}
    assert keys["collisions2018"] == "/cdaq/physics/Run2018/2e34/v1.0.0/HLT/V1"
    assert keys["cosmics2018"] == "/cdaq/cosmic/commissioning2018/CRUZET/HLT/V1"
    assert keys["circulating2018"] == "/cdaq/circulating/2018/HLT/V1"
    assert keys["highratetest2018"] == "/cdaq/special/2018/highratetest2018/HLT/V1"
    assert keys[None] is None


def test_lumisections_are_as_many_as_in_the_source():
    assert len(runs_with_lumisections()) == RUNS_WITH_ROWS
    assert sum(world.lumisections_of(number).count for number in runs_with_lumisections()) == ROWS


def test_rows_after_the_last_active_lumisection_exist():
    last = {number: world.lumisections_of(number).last for number in runs_with_lumisections()}
    trailing = [number for number in last if last[number] > (world.runs()[number]["last_lumisection_number"] or 10**6)]
    assert len(trailing) == 749
    rows = world.lumisections_rows(315257)
    assert (len(rows), sum(row["cms_active"] for row in rows)) == (96, 92)


def test_missing_lumisection_numbers_stay_missing():
    numbers = [row["lumisection_number"] for row in world.lumisections_rows(314372)]
    assert numbers == list(range(5, 20))
    assert len(world.lumisections_rows(316062)) == 48
    assert world.lumisections_of(316062).last == 51


def test_luminosity_of_lumisections_counts_from_the_start_of_the_fill():
    rows = world.lumisections_rows(315646)
    assert max(row["delivered_lumi"] for row in rows) > 484
    assert world.runs()[315646]["delivered_lumi"] < 189
    assert rows[0]["end_lumi"] == rows[1]["init_lumi"]


def test_fills_are_complete_only_with_stable_beams():
    assert len(world.fills()) == FILLS
    stable = [fill for fill in world.fills().values() if fill["stable_beams"]]
    assert len(stable) == FILLS_WITH_STABLE_BEAM
    assert all(fill["peak_lumi"] is not None and fill["bunches_colliding"] is not None for fill in stable)
    other = world.fills()[6554]
    assert (other["peak_lumi"], other["start_time"], other["energy"], other["first_run_number"]) == (
        None, None, 0, 314206,
    )  # fmt: skip


def test_run_registry_knows_the_global_runs_only():
    assert len(run_rows()) == GLOBAL_RUNS
    assert sum(1 for row in dataset_rows() if row["name"] == "online") == GLOBAL_RUNS
    assert 314207 not in dataset_names()


def test_datasets_follow_the_run_type():
    assert dataset_names()[315257][1:] == [
        "/Express/Collisions2018/DQM",
        "/PromptReco/Collisions2018A/DQM",
        "/ReReco/Run2018A_17Sep2018/DQM",
        "/ReReco/Run2018A_UL2019/DQM",
    ]
    assert dataset_names()[316029][1:] == ["/Express/Cosmics2018/DQM", "/PromptReco/Cosmics2018A/DQM"]
    assert dataset_names()[314206] == ["online"]
    assert all(run_class(world.runs()[number]) == "Collisions18" for number in PLAIN_COLLISIONS)


def test_golden_collision_runs_have_rereco():
    assert len(world.golden_ranges()) == GOLDEN_RUNS
    reprocessed = {number for number, names in dataset_names().items() if "/ReReco/Run2018A_UL2019/DQM" in names}
    assert world.golden_ranges().keys() - reprocessed == {315974}


def test_tracker_states_change_at_315190():
    prompt, ul = "/PromptReco/Collisions2018A/DQM", "/ReReco/Run2018A_UL2019/DQM"
    assert tracker_state(315189, "/Express/Commissioning2018/DQM") == "COMPLETED"
    assert tracker_state(315190, "/Express/Commissioning2018/DQM") == "OPEN"
    assert (tracker_state(315257, ul), tracker_state(315259, ul)) == ("OPEN", "COMPLETED")
    waiting = [
        row["run_number"]
        for row in dataset_rows()
        if row["dataset_attributes"].get("tracker_state", "")[:7] == "waiting"
    ]
    assert len(waiting) == 10
    assert min(waiting) == 316112
    assert tracker_state(316201, prompt) == "waiting dqm gui"


def test_flags_can_be_standby_and_excluded():
    cosmic = triplet_summary(315322, FlaggedState.OPEN)
    assert (cosmic["tracker-pixel"]["STANDBY"], cosmic["tracker-pixel"]["GOOD"]) == (58, 1332)
    assert triplet_summary(314206, FlaggedState.ONLINE)["tracker-pixel"]["EXCLUDED"] == 28
    assert "tracker-track" not in triplet_summary(314206, FlaggedState.ONLINE)


def test_track_is_bad_outside_the_golden_lumisections_and_not_set_while_open():
    assert world.golden_ranges()[315257] == [(1, 88), (91, 92)]
    track = triplet_summary(315257, FlaggedState.CERTIFIED)["tracker-track"]
    assert (track["GOOD"], track["BAD"], track["EMPTY"]) == (90, 6, 0)
    track = triplet_summary(315257, FlaggedState.OPEN)["tracker-track"]
    assert (track["NOTSET"], track["EMPTY"]) == (96, 0)


def test_without_rows_there_are_no_flags():
    assert triplet_summary(316201, FlaggedState.OPEN) == {}
