"""The logic of a policy as rows and as JSON: each gives the other, exactly, and what was changed counts."""

import pytest

from golden.clause_rows import ClauseRow, RowsInvalid, clause_text, logic_of, logic_text, read_logic_text, rows_of
from golden.logic_entry import BOTH_CHANGED, EMPTY, LogicEntry, LogicSide, entry_of, resolve, with_rows
from golden.policy_check import check_logic
from golden.policy_presets import PRESETS, with_preset
from tests.golden.stored import BPIX, ENERGY, LOGIC

CLASS = {"var": "run.rr.class"}


@pytest.mark.parametrize(
    ("clause", "row"),
    [
        (ENERGY, ClauseRow("run.oms.energy", ">=", "6000")),
        ({">": [{"var": "run.oms.b_field"}, 3.7]}, ClauseRow("run.oms.b_field", ">", "3.7")),
        (BPIX, ClauseRow("lumisection.oms.bpix_ready", "is_true")),
        ({"===": [{"var": "run.oms.stable_beam"}, False]}, ClauseRow("run.oms.stable_beam", "is_false")),
        ({"!==": [CLASS, None]}, ClauseRow("run.rr.class", "is_known")),
        ({"in": [CLASS, ["A", "B"]]}, ClauseRow("run.rr.class", "in", "A, B")),
        ({"in": ["Coll", {"var": ["run.rr.class", ""]}]}, ClauseRow("run.rr.class", "contains", "Coll")),
        ({"in": ["TRACKER", {"var": "run.oms.components"}]}, ClauseRow("run.oms.components", "contains", "TRACKER")),
        ({"in": [{"var": "run.run_number"}, [1, 2]]}, ClauseRow("run.run_number", "in", "1, 2")),
        (
            {"===": [{"var": "run.oms.initial_prescale_index"}, 0]},
            ClauseRow("run.oms.initial_prescale_index", "===", "0"),
        ),
    ],
)
def test_usual_clause_is_a_row_and_the_same_clause_again(clause, row):
    assert rows_of({"and": [clause]}) == (row,)
    assert clause_text(logic_of((row,))) == clause_text({"and": [clause]})


@pytest.mark.parametrize(
    "clause",
    [
        {"var": "lumisection.oms.bpix_ready"},
        {"==": [True, {"var": "lumisection.oms.bpix_ready"}]},
        {"==": [{"var": ["run.rr.class", "x"]}, "A"]},
        {"in": [CLASS, ["A, B"]]},
        {"==": [CLASS, " A"]},
        {"==": [CLASS, "a\nb"]},
        {"==": [CLASS, "true", "x"]},
        {">=": [{"var": "run.oms.energy"}, "6000"]},
        {"==": [{"var": "run.oms.nope"}, 1]},
        {"or": [BPIX, ENERGY]},
        {},
        [],
        None,
        1e400,
    ],
)
def test_other_clause_keeps_its_json(clause):
    (row,) = rows_of({"and": [clause]})
    assert row.json == clause_text(clause)


@pytest.mark.parametrize(
    "logic", [BPIX, {"or": [BPIX, ENERGY]}, {"and": BPIX}, {"and": []}, [1], {"and": [BPIX] * 171}]
)
def test_logic_that_is_no_conjunction_is_one_row(logic):
    (row,) = rows_of(logic)
    assert row.is_whole and clause_text(logic_of((row,))) == clause_text(logic)
    assert logic_of((row, ClauseRow("lumisection.oms.bpix_ready", "is_true"))) == {"and": [logic, BPIX]}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ClauseRow("", "==", "x"), "Choose a variable"),
        (ClauseRow("run.nope", "==", "x"), "Choose a variable"),
        (ClauseRow("run.oms.energy", "nope", "1"), "Choose an operator"),
        (ClauseRow("run.oms.energy", ">", ""), "empty"),
        (ClauseRow("run.oms.energy", ">", "6,5"), "is a number"),
        (ClauseRow("run.oms.energy", ">", "[" * 9999), "is a number"),
        (ClauseRow("run.oms.stable_beam", "==", "maybe"), "true or false"),
        (ClauseRow(json="{"), "not JSON"),
    ],
)
def test_row_that_is_no_clause_is_refused_with_what_to_do(row, message):
    with pytest.raises(RowsInvalid) as refused:
        logic_of((ClauseRow(), ClauseRow("lumisection.oms.bpix_ready", "is_true"), row))
    assert list(refused.value.messages) == [2] and message in refused.value.messages[2]


def test_presets_are_policies_and_are_added_once():
    for identifier in PRESETS:
        rows = with_preset((), identifier)
        check_logic(logic_of(rows))
        assert with_preset(rows, identifier) == rows
    assert len(with_preset((), "tracker")) == 15 == len(with_preset(with_preset((), "flags"), "tracker"))


def test_text_is_a_line_for_each_clause_and_the_same_json():
    text = logic_text(LOGIC)
    assert len(text.splitlines()) == len(LOGIC["and"]) + 2
    assert read_logic_text(text) == LOGIC


def test_what_was_changed_counts():
    entry = entry_of(LOGIC)
    fewer = LogicEntry(entry.text, entry.rows[1:], entry.base)
    assert resolve(fewer).logic == {"and": LOGIC["and"][1:]}
    assert resolve(fewer).entry == entry_of({"and": LOGIC["and"][1:]})
    typed = LogicEntry(clause_text({"and": [BPIX]}).replace(" ", ""), entry.rows, entry.base)
    assert resolve(typed).logic == {"and": [BPIX]}
    assert resolve(typed).entry.rows == rows_of({"and": [BPIX]}) and resolve(typed).entry.text == typed.text


def test_both_changed_is_refused_and_nothing_is_lost():
    entry = LogicEntry('{"and": [1', (ClauseRow("run.oms.energy", ">", "x"),), entry_of(LOGIC).base)
    resolved = resolve(entry)
    assert resolved.issues[0].message == BOTH_CHANGED and resolved.entry == entry
    assert resolve(entry, LogicSide.JSON).entry == entry
    assert resolve(entry, LogicSide.CLAUSES).entry == entry
    added = with_rows(entry, lambda rows: (*rows, ClauseRow()))
    assert added.entry.text == entry.text and added.entry.rows == (*entry.rows, ClauseRow())


def test_refusal_has_the_row_and_the_place():
    rows = (*entry_of(LOGIC).rows[:1], ClauseRow(), ClauseRow("run.oms.energy", "==", "0"))
    resolved = resolve(LogicEntry("", rows, ""))
    assert [issue.path for issue in resolved.issues] == ["$.and[1].=="]
    assert list(resolved.row_issues) == [2] and not resolved.is_valid


def test_empty_policy_is_refused():
    assert resolve(LogicEntry("  ", (ClauseRow(),), "")).issues[0].message == EMPTY
    assert "half of a character" in resolve(LogicEntry('{"==": ["\\ud800", 1]}')).issues[0].message
