"""The order in which references are offered."""

import pytest

from certify.references.offered import offered_references
from certify.references.ranking import Match, ranked_references, reference_features
from tests.factories import FillFactory, ReconstructionFactory, RunFactory

pytestmark = pytest.mark.django_db


def _reference(reconstruction="express", **facts):
    return ReconstructionFactory(run=RunFactory(**facts), reconstruction=reconstruction, reference=True)


def _ranked(run, reconstruction="express"):
    return ranked_references(reference_features(run, reconstruction), offered_references())


def _order(run, reconstruction="express"):
    return [ranked.reference.pk for ranked in _ranked(run, reconstruction)]


@pytest.fixture
def run():
    fill = FillFactory(peak_pileup=40, bunches_colliding=1000, era=None)
    return RunFactory(run_number=320000, era="2018A", b_field=3.8, energy=6500, fill=fill)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"run_type": "collisions"}, {"run_type": "unknown"}),
        ({"run_type": "unknown"}, {"run_type": "cosmics"}),
        ({"era": "2018A"}, {"era": None}),
        ({"era": None}, {"era": "2018B"}),
        ({"b_field": 3.801}, {"b_field": None}),
        ({"b_field": None}, {"b_field": 0.0}),
        ({"energy": 6499}, {"energy": None}),
        ({"energy": None}, {"energy": 450}),
        ({"fill__peak_pileup": 38}, {"fill__peak_pileup": None}),
        ({"fill__peak_pileup": None}, {"fill__peak_pileup": 20}),
        ({"fill__bunches_colliding": 1100}, {"fill__bunches_colliding": 2000}),
        ({"run_number": 319990}, {"run_number": 319000}),
        ({"run_number": 319000}, {"run_number": 320010}),
    ],
    ids=str,
)
def test_matching_ranks_above_unknown_above_differing(run, better, worse):
    fill = {"fill__era": None, "fill__peak_pileup": 40, "fill__bunches_colliding": 1000}
    second, best = _reference(**{**fill, **worse}), _reference(**{**fill, **better})
    assert _order(run) == [best.pk, second.pk]


def test_same_reconstruction_ranks_above_era(run):
    prompt, express = _reference("prompt", era="2018A"), _reference("express", era="2018D")
    assert _order(run, "express") == [express.pk, prompt.pk]
    assert _order(run, "prompt") == [prompt.pk, express.pk]


def test_run_type_ranks_above_everything(run):
    cosmics = _reference("express", cosmics=True, era="2018A")
    collisions = _reference("prompt", era="2018D", b_field=0.0, energy=450)
    assert _order(run) == [collisions.pk, cosmics.pk]


def test_reference_of_another_run_type_is_not_possible(run):
    cosmics, unknown = _reference(cosmics=True), _reference(bare=True)
    possible = {ranked.reference.pk: ranked.is_possible for ranked in _ranked(run)}
    assert possible == {cosmics.pk: False, unknown.pk: True}


def test_era_is_taken_from_the_fill_where_the_run_has_none(run):
    _reference(era=None, fill__era="2018A")
    assert _ranked(run)[0].matches["era"] == Match.SAME


def test_label_names_the_differences(run):
    _reference("prompt", run_number=319000, era="2018B", fill__peak_pileup=40, fill__bunches_colliding=1000)
    label = _ranked(run)[0].label
    assert label == "319000 prompt · 2018B · 3.8 T · 1000 runs older · other reconstruction, era"
