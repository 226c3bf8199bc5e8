import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.forms import OmsFillForm, OmsRunForm
from oms.models import OmsFill, OmsRun

FORMS = [OmsRunForm, OmsFillForm]
RUN_NEEDS = {"run_type", "lumisections", "energy", "recorded_lumi"}


def posted(prefix, **values):
    data = QueryDict(mutable=True)
    data.update({f"{prefix}-{name}": value for name, value in values.items()})
    return data


def run_form(required=(), **values):
    return OmsRunForm(posted("run", **values), required=set(required))


def fill_form(required=(), **values):
    return OmsFillForm(posted("fill", **values), required=set(required))


@pytest.mark.parametrize("form_class", FORMS)
def test_nothing_is_required_by_default(form_class):
    form = form_class(QueryDict(), required=set())
    assert form.is_valid()
    assert form.typed_values() == {}


def test_required_field_has_an_error_message():
    form = run_form(RUN_NEEDS)
    assert set(form.errors) == RUN_NEEDS
    assert form.errors["lumisections"] == ["Lumisections are needed. Type them."]


def test_typed_values_are_converted_and_include_the_typed_text():
    form = run_form(
        RUN_NEEDS,
        run_type="collisions",
        lumisections="655",
        energy="6500",
        recorded_lumi=" 78150 ",
        recorded_lumi_unit="nb^{-1}",
        init_lumi="2.5",
        init_lumi_unit="10^{33}cm^{-2}s^{-1}",
    )
    assert form.is_valid(), form.errors
    assert form.typed_values() == {
        "run_type": {"value": "collisions", "as_typed": "collisions", "unit": ""},
        "lumisections": {"value": 655, "as_typed": "655", "unit": ""},
        "energy": {"value": 6500.0, "as_typed": "6500", "unit": ""},
        "recorded_lumi": {"value": 78.15, "as_typed": "78150", "unit": "nb^{-1}"},
        "init_lumi": {"value": 0.25, "as_typed": "2.5", "unit": "10^{33}cm^{-2}s^{-1}"},
    }


def test_fill_form_has_the_values_of_a_fill():
    form = fill_form({"fill_number"}, fill_number="6616", era="2018A", bunches_colliding="1214", peak_pileup="30.5")
    assert form.is_valid(), form.errors
    values = {name: typed["value"] for name, typed in form.typed_values().items()}
    assert values == {"fill_number": 6616, "era": "2018A", "bunches_colliding": 1214, "peak_pileup": 30.5}


@pytest.mark.django_db
def test_number_of_an_existing_fill_can_be_typed():
    OmsFill.objects.create(fill_number=6616)
    assert fill_form(fill_number="6616").is_valid()


@pytest.mark.parametrize("spelling", ["1/pb", "/pb", "pb^{-1}"])
def test_unit_is_understood_in_any_spelling(spelling):
    form = run_form(recorded_lumi="78.15", recorded_lumi_unit=spelling)
    assert form.is_valid(), form.errors
    assert form.typed_values()["recorded_lumi"] == {"value": 78.15, "as_typed": "78.15", "unit": "pb^{-1}"}


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("", "Recorded luminosity has no unit. Choose it."),
        ("furlong", "furlong is not a unit of luminosity. Choose one of the list."),
    ],
)
def test_unit_is_never_guessed(unit, message):
    form = run_form(recorded_lumi="78.15", recorded_lumi_unit=unit)
    assert form.errors == {"recorded_lumi_unit": [message]}


def test_unit_without_a_value_is_ignored():
    form = run_form(recorded_lumi="", recorded_lumi_unit="pb^{-1}")
    assert form.is_valid()
    assert form.typed_values() == {}


def test_large_value_in_a_wrong_unit_is_refused():
    form = run_form(recorded_lumi="535.87", recorded_lumi_unit="fb^{-1}")
    assert form.errors == {"recorded_lumi": ["Recorded luminosity is at most 10000 /pb. Check the unit."]}


INVALID = [
    "nan",
    "inf",
    "-inf",
    "1e400",
    "-1",
    "9" * 5000,
    "1\x00",
    "\x00",
    "abc",
    "1,5",
    "٣x",
    "\ud800",
    "1e309",
    "--1",
    "0x10",
]
RUN_NUMBERS = ["lumisections", "energy", "recorded_lumi", "delivered_lumi", "init_lumi", "end_lumi"]
FILL_NUMBERS = ["fill_number", "init_lumi", "peak_lumi", "peak_pileup", "bunches_colliding"]


@pytest.mark.parametrize("text", INVALID)
@pytest.mark.parametrize(
    ("build_form", "name"), [*((run_form, name) for name in RUN_NUMBERS), *((fill_form, name) for name in FILL_NUMBERS)]
)
def test_invalid_number_is_an_error_beside_its_field(build_form, name, text):
    units = {f"{name}_unit": "pb^{-1}" if name in ("recorded_lumi", "delivered_lumi") else "10^{34}cm^{-2}s^{-1}"}
    form = build_form(**{name: text} | (units if name.endswith("lumi") else {}))
    assert list(form.errors) == [name]
    assert form.errors[name][0].endswith(".")


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("lumisections", ["1", "10000"], ["0", "10001", "1.5"]),
        ("energy", ["0", "10000", "6369.0"], ["10000.1"]),
        ("b_field", ["-4.5", "0", "3.801", "4.5"], ["-4.51", "4.51", "nan"]),
    ],
)
def test_limits_of_a_run(name, inside, outside):
    assert all(run_form(**{name: text}).is_valid() for text in inside)
    assert all(list(run_form(**{name: text}).errors) == [name] for text in outside)


def test_message_names_limits_with_their_unit():
    assert run_form(b_field="9").errors == {"b_field": ["B field is between -4.5 and 4.5 T."]}
    assert run_form(energy="-1").errors == {"energy": ["Energy per beam is between 0 and 10000 GeV."]}


def test_limits_of_a_fill_number():
    assert fill_form(fill_number="99999").is_valid()
    assert fill_form(fill_number="100000").errors == {"fill_number": ["Fill number is between 1 and 99999."]}


@pytest.mark.parametrize("text", ["unknown", "Collisions", "x\x00"])
def test_run_type_is_collisions_or_cosmics(text):
    assert run_form(run_type=text).errors == {"run_type": ["Run type is collisions or cosmics. Choose one."]}


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "2018\x07", "x" * 101])
def test_text_that_cannot_be_stored_is_an_error(text):
    assert list(fill_form(era=text).errors) == ["era"]


def test_form_does_not_change_its_instance():
    run = OmsRun(run_number=315270, recorded_lumi=78.15, lumisections=655)
    form = OmsRunForm(posted("run", lumisections="7"), required=set(), instance=run)
    assert form.is_valid()
    assert (run.recorded_lumi, run.lumisections) == (78.15, 655)


def test_form_shows_the_value_of_the_instance_with_its_unit():
    run = OmsRun(run_number=315270, recorded_lumi=78.15)
    html = str(OmsRunForm(instance=run)["recorded_lumi"]) + str(OmsRunForm(instance=run)["recorded_lumi_unit"])
    assert 'name="run-recorded_lumi"' in html
    assert 'value="78.15"' in html
    assert 'value="pb^{-1}" selected' in html


any_text = st.text() | st.sampled_from(INVALID) | st.integers().map(str) | st.floats().map(str)


@settings(deadline=None)
@given(st.data())
def test_any_input_is_valid_or_has_errors(data):
    for form_class in FORMS:
        prefix = form_class.prefix
        names = list(form_class().fields)
        values = data.draw(st.fixed_dictionaries(dict.fromkeys(names, any_text)))
        form = form_class(posted(prefix, **values), required=set(data.draw(st.sets(st.sampled_from(names)))))
        if form.is_valid():
            for typed in form.typed_values().values():
                str(typed["value"]).encode("utf-8")
        else:
            assert set(form.errors) <= set(names)
