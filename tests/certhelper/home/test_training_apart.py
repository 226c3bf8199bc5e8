"""Practice is visible only to its owner: no page, export, JSON or number of another user contains it."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from audit.models import Change
from certify.models import TrackerCertification
from tests import access_table
from tests.factories import CertificationFactory, RunFactory, UserFactory

pytestmark = pytest.mark.django_db
MARK = "practised-4711"
RUN, DAY = 318111, "2018-06-01"


@pytest.fixture
def trainee():
    return UserFactory(username="trainee", in_training=True)


@pytest.fixture
def practice(trainee):
    """Practice in every state, beside a real certification of the same run and day."""
    run = RunFactory(run_number=RUN)
    real = CertificationFactory(run=run)
    values = {"user": trainee, "is_practice": True, "comment": MARK, "run": run}
    values["reference_runreconstruction"] = real.reference_runreconstruction
    own = CertificationFactory(**values, pixel="bad", external_info_complete=False)
    CertificationFactory(**values, reconstruction="prompt")
    CertificationFactory(**values, reconstruction="rereco", withdrawn=True)
    own.comment = f"{MARK} twice"
    own.save()
    return own


def _addresses(own) -> list[str]:
    """Every page, with filters that match the practice, and the exports of the list, the week and history."""
    plain = set(access_table.addresses().values()) - {reverse("listruns:dump")}
    everything, span = "/list/?state=any", f"runs_min={RUN}&runs_max={RUN}"
    as_of = "as_of=2100-01-01T00:00Z"
    more = [
        *(
            f"{everything}&{span}",
            f"/list/?state=withdrawn&{span}",
            f"/list/?user=trainee&{as_of}",
            "/list/?practice=on",
        ),
        *(
            f"{everything}&{as_of}",
            f"/list/?comment={MARK}",
            "/list/?incomplete=on",
            "/list/?practice=on&user=trainee",
        ),
        *(
            f"/list/?{query}&export={file_format}"
            for query in ("state=any", "practice=on", as_of)
            for file_format in ("csv", "json")
        ),
        *(f"/list/{own.pk}/", f"/list/{own.pk}/?{as_of}", f"/list/{own.pk}/update/", f"/list/{own.pk}/withdraw/"),
        *("/history/?export=csv", f"/history/?run={RUN}", reverse("history_pages:run", args=[RUN])),
        reverse("references:reference", args=[own.reference_runreconstruction_id]),
        *(
            f"{reverse('history_pages:undo', args=[pk])}"
            for pk in TrackerCertification.history.filter(id=own.pk).values_list("change_id", flat=True)
        ),
        *(f"/summary/?date={DAY}", f"/summary/?from={DAY}&to={DAY}", "/shiftleader/?week=2018-W22"),
        *(f"/shiftleader/part/{name}/?week=2018-W22" for name in _parts()),
        *(f"/certify/{RUN}/express/", f"/openruns/?runs={RUN}", "/certify/allRunsRefRuns/"),
    ]
    return [*plain, *more]


def _parts() -> list[str]:
    from shiftleader.parts.registry import PARTS

    return [part.name for part in PARTS if part.name != "training"]


def _body(answer) -> str:
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode(errors="replace")


@pytest.fixture(autouse=True)
def _outside_off(settings):
    for name in ("RUNREGISTRY_URL", "OMS_URL", "SSO_URL"):
        setattr(settings, name, "http://127.0.0.1:9/nobody")


def test_practice_is_in_no_page_export_or_json_of_another_shifter(practice, other_shifter_client):
    bodies = {address: _body(other_shifter_client.get(address)) for address in _addresses(practice)}
    # The page repeats the typed filter; the practice with this text is not shown.
    assert [address for address, body in bodies.items() if MARK in body and f"comment={MARK}" not in address] == []
    keys = [f'data-pk="{row.pk}"' for row in TrackerCertification.everything.filter(is_practice=True)]
    assert [address for address, body in bodies.items() if any(key in body for key in keys)] == []


def test_sweep_detects_a_certification_that_counts(practice, other_shifter_client):
    rows = TrackerCertification.everything.filter(is_practice=True)
    rows.exclude(runreconstruction__reconstruction="express").update(is_practice=False)
    bodies = [_body(other_shifter_client.get(address)) for address in _addresses(practice)]
    assert sum(MARK in body for body in bodies) > 5


def test_practice_is_not_counted(practice, shift_leader_client):
    home = shift_leader_client.get("/").context["page"]
    assert (home.incomplete, home.stale) == (0, 0)
    assert shift_leader_client.get(f"/list/?date_min={DAY}&date_max={DAY}").context["page"].total == 1
    assert len(json.loads(shift_leader_client.get("/certify/allRunsRefRuns/").getvalue())) == 1
    reference = reverse("references:reference", args=[practice.reference_runreconstruction_id])
    assert shift_leader_client.get(reference).context["certifications_count"] == 1


def test_owner_sees_marked_practice_on_home_list_page_and_history(practice, trainee, client):
    client.force_login(trainee)
    for address in ("/", "/list/", "/list/?practice=on", f"/list/{practice.pk}/"):
        page = client.get(address).text
        assert "is-practice" in page and "practice</span>" in page, address
        assert str(RUN) in page
    assert {row["is_practice"] for row in _json(client.get("/list/?practice=on&export=json"))} == {True}
    page = client.get("/history/").text
    assert MARK in page and "Practice:" in page
    assert (
        client.get("/list/?state=live").context["page"].total == 1
    )  # certifications that count are shown as to everybody


def test_shift_leaders_see_practice_on_request(practice, shift_leader_client):
    assert MARK in shift_leader_client.get(f"/list/{practice.pk}/").text
    assert shift_leader_client.get("/list/?practice=on&user=trainee").context["page"].total == 2
    assert MARK not in shift_leader_client.get("/list/?state=any").text
    assert MARK not in shift_leader_client.get("/list/?state=any&practice=false").text
    assert MARK not in shift_leader_client.get("/history/").text
    assert shift_leader_client.get(f"/list/{practice.pk}/update/").status_code == 403


def test_change_of_practice_cannot_be_undone_by_another_user(practice, shift_leader_client):
    change = Change.objects.filter(pk__in=TrackerCertification.history.filter(id=practice.pk).values("change_id"))[0]
    assert shift_leader_client.get(reverse("history_pages:undo", args=[change.pk])).status_code == 403


def _json(answer):
    import json

    return json.loads(_body(answer))
