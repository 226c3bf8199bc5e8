"""The frame around every page."""

import re
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.template import Context, Template
from django.urls import NoReverseMatch, set_script_prefix

from infrastructure.http import status
from infrastructure.http.errors import TimedOut

pytestmark = pytest.mark.django_db


def navigation(client) -> list[str]:
    html = client.get("/help/").content.decode()
    return re.findall(r"<a [^>]*>([^<]+)</a>", html[html.index("<nav") : html.index("</nav>")])


_COMMON = ["Certifications", "References", "Daily report", "Week", "Golden JSON", "History"]


@pytest.mark.parametrize(
    ("who", "pages"),
    [
        ("guest", ["Home", *_COMMON]),
        ("shifter", ["Home", "Open runs", *_COMMON]),
        ("shift_leader", ["Home", "Open runs", *_COMMON, "Admin"]),
        ("admin", ["Home", "Open runs", *_COMMON, "Admin"]),
    ],
)
def test_navigation_shows_the_pages_of_the_role(request, who, pages):
    assert navigation(request.getfixturevalue(f"{who}_client")) == pages


def test_current_page_is_marked(shifter_client):
    assert re.findall(r'<a href="([^"]+)" aria-current="page"', shifter_client.get("/list/").content.decode()) == [
        "/list/"
    ]


def test_frame_shows_the_user_and_signs_out_by_post(shift_leader_client):
    html = shift_leader_client.get("/help/").content.decode()
    assert '<strong>leader</strong> <span class="tag">Shift leader</span>' in html
    assert '<form method="post" action="/accounts/logout/">' in html


def test_frame_links_follow_the_settings(shifter_client):
    html = shifter_client.get("/help/").content.decode()
    for name in ("oms", "registry", "dqm_gui", "dials", "twiki", "cabling", "dcs", "problem"):
        assert f'href="{settings.LINKS[name]}"' in html
    assert f"CertHelper {settings.VERSION}" in html


def test_frame_leaves_out_links_that_are_unset_or_need_a_run(shifter_client, settings):
    settings.LINKS = settings.LINKS | {"dials": "", "dqm_gui": "https://dqm.example/{run}", "problem": "", "help": ""}
    html = shifter_client.get("/help/").content.decode()
    assert all(text not in html for text in ("DIALS <span", "DQM GUI <span", "Report a problem", 'href=""', "{run}"))
    assert "Shift twiki <span" in html


def test_unreachable_service_is_named_on_every_page_with_its_start_time(shifter_client, time_machine):
    time_machine.move_to(datetime(2026, 3, 1, 14, 2, 11, tzinfo=UTC), tick=False)
    status.record_failure(TimedOut("registry", seconds=5))
    html = shifter_client.get("/help/").content.decode()
    assert "Run Registry out since 14:02 UTC." in html
    status.record_success("registry")
    html = shifter_client.get("/help/").content.decode()
    assert "out since" not in html
    assert "Answered (UTC): Run Registry 14:02<" in html


def test_help_is_public_and_names_no_restricted_page(client):
    answer = client.get("/help/")
    assert answer.status_code == 200
    assert "<nav" not in answer.content.decode()


def test_addresses_are_those_of_django():
    template = Template(
        "{% url 'home' %} {% url name %} {% url 'listruns:certification' 5 %} {% url 'none' as gone %}[{{ gone }}]"
    )
    for _ in range(2):
        assert template.render(Context({"name": "listruns:list"})) == "/ /list/ /list/5/ []"
    with pytest.raises(NoReverseMatch):
        Template("{% url 'none' %}").render(Context())


def test_addresses_have_the_path_prefix_of_the_site():
    template = Template("{% url 'listruns:list' %}")
    try:
        set_script_prefix("/desk/")
        assert template.render(Context()) == "/desk/list/"
    finally:
        set_script_prefix("/")
    assert template.render(Context()) == "/list/"
