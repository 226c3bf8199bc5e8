"""Properties of the confirmations of any entry."""

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from certify.models.choices import ConfirmationCode, Flag, Reconstruction
from certify.models.components import Component, ComponentFlag
from certify.rules.confirmations import compare_with_twin, missing_confirmations, required_confirmations
from certify.rules.entry import CertificationEntry, TwinCertification
from oms.choices import RunType

TODAY = date(2018, 5, 10)
ENTRIES = st.builds(
    CertificationEntry,
    run_number=st.integers(100000, 400000),
    component_flags=st.fixed_dictionaries(
        {},
        optional={
            confirmation: st.builds(ComponentFlag, st.just(confirmation), st.sampled_from(Flag), st.booleans())
            for confirmation in Component
        },
    ),
    run_type=st.sampled_from(RunType),
    reference_run_type=st.none() | st.sampled_from(RunType),
    date=st.just(TODAY),
    today=st.just(TODAY),
    reconstruction=st.sampled_from(Reconstruction),
    reference_run_number=st.none() | st.integers(100000, 400000),
    components=st.none() | st.lists(st.sampled_from(["DAQ", "PIXEL", "TRACKER"])),
    lumisections=st.none() | st.integers(0, 3000),
    recorded_lumi=st.none() | st.floats(0, 1000),
    twin=st.none()
    | st.builds(
        TwinCertification,
        pk=st.just(1),
        reconstruction=st.sampled_from(["express", "prompt"]),
        component_flags=st.fixed_dictionaries(
            {
                confirmation: st.builds(ComponentFlag, st.just(confirmation), st.sampled_from(Flag), st.booleans())
                for confirmation in Component
            }
        ),
        run_type=st.sampled_from(RunType),
        lumisections=st.none() | st.integers(0, 3000),
        recorded_lumi=st.none() | st.floats(0, 1000),
        people=st.just("shifter"),
        changed_at=st.just(datetime(2018, 5, 9, 12, tzinfo=UTC)),
    ),
)


@given(entry=ENTRIES)
def test_each_confirmation_is_required_at_most_once_with_a_sentence(entry):
    required = required_confirmations(entry)
    codes = [confirmation.code for confirmation in required]
    assert codes == [code for code in ConfirmationCode if code in codes]
    assert all(confirmation.sentence.endswith(".") and confirmation.sentence[0].isupper() for confirmation in required)


@given(entry=ENTRIES, confirmed=st.lists(st.sampled_from(ConfirmationCode.values)))
def test_missing_confirmations_are_those_required_and_not_confirmed(entry, confirmed):
    required = required_confirmations(entry)
    missing_fields = {confirmation.field for confirmation in missing_confirmations(required, confirmed)}
    assert missing_fields == {
        f"confirm_{confirmation.code.value}" for confirmation in required if confirmation.code not in confirmed
    }
    assert missing_confirmations(required, ConfirmationCode.values) == []


@given(entry=ENTRIES)
def test_unknown_detectors_and_rerecos_require_no_confirmation_of_their_own(entry):
    codes = {
        confirmation.code
        for confirmation in required_confirmations(replace(entry, components=None, reconstruction="rereco"))
    }
    assert not codes & {ConfirmationCode.ABSENT, ConfirmationCode.REF_NEWER, ConfirmationCode.COUNTERPART}


@given(entry=ENTRIES)
def test_comparison_with_the_twin_is_symmetric(entry):
    twin = entry.twin
    if twin is None or set(entry.component_flags) != set(Component):
        return
    swapped_entry = replace(
        entry,
        component_flags=twin.component_flags,
        run_type=twin.run_type,
        lumisections=twin.lumisections,
        recorded_lumi=twin.recorded_lumi,
    )
    swapped_twin = replace(
        twin,
        component_flags=entry.component_flags,
        run_type=entry.run_type,
        lumisections=entry.lumisections,
        recorded_lumi=entry.recorded_lumi,
    )
    differences = [
        (difference.name, difference.is_different, difference.before, difference.after)
        for difference in compare_with_twin(swapped_entry, swapped_twin)
    ]
    assert [
        (difference.name, difference.is_different, difference.after, difference.before)
        for difference in compare_with_twin(entry, twin)
    ] == differences
