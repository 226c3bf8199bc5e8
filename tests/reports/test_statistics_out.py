"""What is out of good certifications, in the sums of reports."""

from certify.models.choices import Verdict
from certify.models.lumisections_out import LumisectionsOut
from reports.statistics import OutSum, overview, statistics_by_verdict, statistics_of
from tests.reports.test_statistics import report_row


def out(count: int, lumi: float | None) -> LumisectionsOut:
    return LumisectionsOut({}, ((1, count),), lumis={"all": lumi}, last=100)


def test_what_is_out_is_summed_for_each_reconstruction_and_leaves_the_sums():
    rows = [
        report_row(317001, "express", out=out(7, 0.7), read_at="2018-05-14"),
        report_row(317001, "prompt", out=out(5, 0.5), read_at="2018-05-15"),
        report_row(317002, "express", out=out(3, None)),
        report_row(317003, "express"),
        report_row(317004, "express", verdict="bad"),
    ]
    good = statistics_by_verdict(rows)[Verdict.GOOD]
    assert (good.recorded_lumi, good.lumisections, good.runs) == (3.0, 300, 3)
    assert good.out == {"express": OutSum(10, 0.7, 2, True), "prompt": OutSum(5, 0.5, 1, False)}
    assert good.out_text == "express 10 LS, at least 0.700 /pb in 2 runs; prompt 5 LS, 0.500 /pb in 1 run"
    assert statistics_of([rows[1], rows[3]]).out_text == "prompt 5 LS, 0.500 /pb in 1 run"
    assert statistics_of(rows[:1]).out_text == "7 LS, 0.700 /pb in 1 run"
    assert statistics_of(rows[3:]).out_text == "" == statistics_of([]).out_text
    assert statistics_of(rows[2:]).out_text == "3 LS in 1 run"
    (row,) = [row for row in overview(rows) if row.reconstruction == "express"]
    assert (row.good_out, row.for_verdict(Verdict.BAD).out_text) == ("10 LS, at least 0.700 /pb in 2 runs", "")


def test_luminosity_that_is_out_is_the_least_where_it_is_not_known_wholly():
    known, part = out(7, 0.7), LumisectionsOut({}, ((1, 5),), lumis={"all": 0.5}, last=100, unknown_lumis={"all": 2})
    texts = {
        "5 LS, at least 0.500 /pb in 1 run": [report_row(317001, "express", out=part)],
        "12 LS, at least 1.200 /pb in 2 runs": [
            report_row(317001, "express", out=known),
            report_row(317002, "express", out=part),
        ],
        "10 LS, 0.700 /pb in 2 runs": [
            report_row(317001, "express", out=known),
            report_row(317002, "express", "cosmics", out=out(3, None)),
        ],
    }
    assert [statistics_of(rows).out_text for rows in texts.values()] == list(texts)
