import pytest
from django.utils import timezone

from certify.models import TrackerCertification
from drafts.models import Draft
from tests.audit.test_operation import last_change
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    ChecklistFactory,
    PixelProblemFactory,
    StripProblemFactory,
    TrackingProblemFactory,
)
from users.models import User

pytestmark = pytest.mark.django_db
LOOKED_AT = [
    "certify/trackercertification",
    "certify/runreconstruction",
    "certify/dataset",
    "oms/omsrun",
    "oms/omsfill",
]
KINDS = {"badreason": "reason", "pixelproblem": "pixel", "stripproblem": "strip", "trackingproblem": "tracking"}
WORDS = {
    "badreason": BadReasonFactory,
    "pixelproblem": PixelProblemFactory,
    "stripproblem": StripProblemFactory,
    "trackingproblem": TrackingProblemFactory,
    "checklist": ChecklistFactory,
}


@pytest.mark.parametrize("model", LOOKED_AT)
def test_stored_data_is_read_only_and_searchable(admin_client, model):
    certification = CertificationFactory()
    keys = {
        "certify/trackercertification": certification.pk,
        "certify/runreconstruction": certification.runreconstruction_id,
        "certify/dataset": certification.dataset_id,
        "oms/omsrun": certification.run_number,
        "oms/omsfill": certification.runreconstruction.run.fill_id,
    }
    row_address = f"/admin/{model}/{keys[model]}"
    assert admin_client.get(f"/admin/{model}/", {"q": str(certification.run_number)}).status_code == 200
    assert admin_client.get(f"/admin/{model}/", {"q": "no number"}).status_code == 200
    assert admin_client.get(f"{row_address}/change/").status_code == 200
    assert admin_client.post(f"{row_address}/change/", {"comment": "changed"}).status_code == 403
    assert admin_client.post(f"{row_address}/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.get(f"/admin/{model}/add/").status_code == 403
    assert TrackerCertification.objects.filter(pk=certification.pk).exists()


@pytest.mark.parametrize("model", LOOKED_AT)
def test_query_count_of_lists_is_independent_of_row_count(admin_client, model, django_assert_max_num_queries):
    for _ in range(15):
        CertificationFactory()
    with django_assert_max_num_queries(8):
        assert admin_client.get(f"/admin/{model}/").status_code == 200


def test_admin_sets_a_role(admin_client, shifter):
    form = admin_client.get(f"/admin/users/user/{shifter.pk}/change/").context["adminform"].form
    values = {name: value for name, value in form.initial.items() if value is not None}
    answer = admin_client.post(f"/admin/users/user/{shifter.pk}/change/", {**values, "role": "shift_leader"})
    assert answer.status_code == 302
    assert User.objects.get(pk=shifter.pk).may_change_others


def test_admin_creates_an_account_with_a_role(admin_client):
    typed = {
        "username": "newcomer",
        "role": "shifter",
        "usable_password": "true",
        "password1": "a-long-one-7",
        "password2": "a-long-one-7",
    }
    assert admin_client.post("/admin/users/user/add/", typed).status_code == 302
    assert User.objects.get(username="newcomer").may_certify


def test_accounts_are_not_deleted(admin_client, shifter):
    assert admin_client.post(f"/admin/users/user/{shifter.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", ["badreason", "pixelproblem", "stripproblem", "trackingproblem", "checklist"])
def test_vocabulary_is_read_only_in_the_admin_and_links_to_its_page(admin_client, shift_leader_client, model):
    """The pages check levels, editions and identifiers; a form in the admin would bypass these checks."""
    row = WORDS[model]()
    page = f"/checklists/{row.identifier}/" if model == "checklist" else f"/problems/{KINDS[model]}/{row.pk}/"
    row_address = f"/admin/certify/{model}/{row.pk}"
    for client in (admin_client, shift_leader_client):
        assert f'href="{page}">Its page and history</a>' in client.get(f"{row_address}/change/").text
        assert client.get(page).status_code == 200
        typed = {"name": "other", "title": "other", "identifier": "other", "post": "yes"}
        for address in (f"{row_address}/change/", f"{row_address}/delete/", f"/admin/certify/{model}/add/"):
            assert client.post(address, typed).status_code == 403
    assert str(type(row).objects.get()) == str(row)


def test_role_field_in_the_admin_has_an_explanation(admin_client, shifter):
    form = admin_client.get(f"/admin/users/user/{shifter.pk}/change/").context["adminform"].form
    typed = {name: value for name, value in form.initial.items() if value is not None} | {"role": "expert"}
    admin_client.post(f"/admin/users/user/{shifter.pk}/change/", {**typed, "why": "group is late"})
    assert (last_change().kind, last_change().why) == ("account", "group is late")


def test_row_in_the_admin_links_to_its_page(admin_client):
    certification = CertificationFactory()
    page = admin_client.get(f"/admin/certify/trackercertification/{certification.pk}/change/").content.decode()
    assert f'href="/list/{certification.pk}/">Its page and history</a>' in page


def test_draft_in_the_admin_does_not_show_its_text(admin_client, shifter):
    draft = Draft.objects.create(
        user=shifter,
        run_number=315270,
        reconstruction="express",
        key="k",
        typed="comment=mine",
        saved_at=timezone.now(),
    )
    for address in ("/admin/drafts/draft/", f"/admin/drafts/draft/{draft.pk}/change/"):
        answer = admin_client.get(address)
        assert answer.status_code == 200 and "mine" not in answer.content.decode()


def test_admin_uses_the_rate_limited_sign_in(client):
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/?next=/admin/"


def test_shifter_is_denied_the_admin(shifter_client):
    answer = shifter_client.get("/admin/")
    assert answer.status_code == 403 and "needs the role Shift leader" in answer.content.decode()


@pytest.mark.parametrize("model", [*LOOKED_AT, "users/user"])
def test_shift_leader_sees_only_vocabulary_and_checklists_in_the_admin(shift_leader_client, model):
    page = shift_leader_client.get("/admin/").content.decode()
    assert f'href="/admin/{model}/"' not in page
    assert 'href="/admin/certify/checklist/"' in page
    assert shift_leader_client.get(f"/admin/{model}/").status_code == 403


def test_only_an_admin_raises_a_role(client, shift_leader, expert):
    for person in (shift_leader, expert):
        client.force_login(person)
        url = f"/admin/users/user/{person.pk}/change/"
        assert client.post(url, {"username": person.username, "role": "admin"}).status_code == 403
        assert User.objects.get(pk=person.pk).role == person.role


def test_admin_links_to_the_site_and_describes_each_role(admin_client):
    html = admin_client.get("/admin/").content.decode()
    assert '<a class="back" href="/">Back to CertHelper</a>' in html
    assert "View site" not in html
    assert "Shift leader and expert also change certifications of others" in html
    assert '<a class="back" href="/">' in admin_client.get("/admin/users/user/").content.decode()


def test_navigation_links_to_the_admin_for_permitted_roles(admin_client, shift_leader_client, shifter_client):
    for client in (admin_client, shift_leader_client):
        assert '<a href="/admin/">Admin</a>' in client.get("/").content.decode()
    assert '"/admin/"' not in shifter_client.get("/").content.decode()


def test_admin_links_to_the_icon(admin_client):
    assert 'rel="icon" href="/static/icon.svg"' in admin_client.get("/admin/").content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "certify/trackercertification/?date__year=" + "9" * 30,
        "certify/trackercertification/?date__year=0",
        "certify/trackercertification/?date__year=2018&date__month=99",
        "certify/trackercertification/?date__year=x",
        "certify/badreason/?is_retired__exact=maybe",
    ],
)
def test_invalid_filter_redirects_to_the_full_list(admin_client, address):
    CertificationFactory()
    answer = admin_client.get(f"/admin/{address}")
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/{address.partition('?')[0]}?e=1")
    assert admin_client.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize("model", ["certify/trackercertification", "users/user", "oms/omsrun"])
def test_impossible_primary_key_is_handled(admin_client, model):
    """PostgreSQL finds no row with it; SQLite cannot represent it, and the full list is shown."""
    CertificationFactory()
    answer = admin_client.get(f"/admin/{model}/?pk__in={'9' * 30}", follow=True)
    assert answer.status_code == 200
    assert [address for address, _status in answer.redirect_chain] in ([], [f"/admin/{model}/?e=1"])


def test_server_error_in_a_list_does_not_cause_a_redirect_loop(admin_client, monkeypatch):
    def broken(*_):
        raise ValueError("ours")

    monkeypatch.setattr("certhelper.admin.site.CertificationAdmin.get_queryset", broken)
    for address in ("/admin/certify/trackercertification/", "/admin/certify/trackercertification/?e=1"):
        with pytest.raises(ValueError, match="ours"):
            admin_client.get(address)
