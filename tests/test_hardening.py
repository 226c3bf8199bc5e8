"""Security headers, cookies and checks, in production and in the sandbox."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.factories import CertificationFactory
from tests.migrated_database import migrated_file
from tests.test_sweeps import PRODUCTION, _in_production
from tools import licences

SITE = PRODUCTION["ALLOWED_HOSTS"]
ASK = f"""
import json
from certhelper.wsgi import application
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
from users.models import User
User.objects.create_superuser("boss", password="boss")
browser = Client(SERVER_NAME="{SITE}", enforce_csrf_checks=False)
typed = {{"username": "boss", "password": "boss"}}
plain = browser.get("/accounts/login/")
page = browser.get("/accounts/login/", secure=True)
form = browser.post("/accounts/login/", typed, secure=True)
inside = Client(SERVER_NAME="{SITE}")
inside.force_login(User.objects.get())
kept = inside.session
kept["seen"] = 0
kept.save()
home = inside.get("/help/", secure=True)
cookies = {{one.key: one.OutputString() for one in [*page.cookies.values(), *home.cookies.values()]}}
shown = {{"plain": [plain.status_code, plain.get("Location")], "headers": dict(page.headers), "cookies": cookies}}
shown |= {{"form": form.status_code, "signed_in": "_auth_user_id" in browser.session, "page": page.content.decode()}}
print(json.dumps(shown))
"""
POLICY = {
    "default-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self' https://sso.example.org",
}


@pytest.fixture(scope="module")
def production(tmp_path_factory) -> dict:
    """Responses of a production server to an anonymous user, to a form, and to an admin."""
    folder = tmp_path_factory.mktemp("production")
    if migrated_file().exists():
        shutil.copyfile(migrated_file(), folder / "certhelper.sqlite3")
    done = _in_production(folder, "-c", ASK)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_http_redirects_to_https(production):
    assert production["plain"] == [301, f"https://{SITE}/accounts/login/"]


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload"),
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ],
)
def test_production_sends_the_header(production, header, text):
    assert production["headers"][header] == text


def test_policy_allows_only_this_site_and_form_redirects_to_cern(production):
    policy = production["headers"]["Content-Security-Policy"]
    assert set(policy.split("; ")) == POLICY
    assert "unsafe" not in policy


def test_cookies_are_secure_and_httponly(production):
    assert set(production["cookies"]) == {"csrftoken", "certhelper_session"}
    for cookie in production["cookies"].values():
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


def test_production_has_no_password_form_and_refuses_a_password(production):
    assert "Sign in with CERN" in production["page"]
    assert 'name="password"' not in production["page"]
    assert (production["form"], production["signed_in"]) == (403, False)


def test_local_accounts_cannot_be_enabled_in_production(tmp_path, monkeypatch):
    monkeypatch.setitem(PRODUCTION, "LOCAL_ACCOUNTS", "1")
    code = "from certhelper import settings; print(settings.LOCAL_ACCOUNTS)"
    assert _in_production(tmp_path, "-c", code).stdout.strip() == "False"


@pytest.mark.django_db
def test_every_type_of_response_has_the_policy(client, shifter_client):
    responses = [
        client.get("/help/"),
        client.get("/"),
        client.get("/nowhere/"),
        shifter_client.get("/list/?export=csv"),
    ]
    assert {response.status_code for response in responses} == {200, 302, 404}
    for answer in responses:
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
def test_comment_with_a_script_is_shown_as_text(shifter, shifter_client):
    script = "<script>alert(1)</script>"
    certification = CertificationFactory(user=shifter, comment=script, date="2018-06-01")
    pages = [
        "/list/?date_min=2018-01-01",
        f"/list/{certification.pk}/",
        f"/list/{certification.pk}/update/",
        "/summary/?date=2018-06-01",
    ]
    answers = [shifter_client.get(page) for page in pages]
    assert [answer.status_code for answer in answers] == [200] * len(pages)
    assert [page for page, answer in zip(pages, answers, strict=True) if script in answer.text] == []
    assert [page for page, answer in zip(pages, answers, strict=True) if "&lt;script&gt;" in answer.text] == pages


@pytest.mark.django_db
def test_uploaded_file_is_discarded(shifter_client):
    file = SimpleUploadedFile("harmless.png", b"x" * 100)
    answer = shifter_client.post(reverse("certify:certify-reconstruction", args=[317555, "express"]), {"comment": file})
    assert answer.status_code == 422
    assert dict(answer.wsgi_request.FILES) == {}


def test_every_package_has_its_licence_listed():
    """After a change of the lock files: `make licences`."""
    assert licences.PAGE.read_text(encoding="utf-8") == licences.page()


def test_package_without_a_licence_is_named(monkeypatch):
    monkeypatch.setattr(licences, "_statements", lambda _package: iter(["", "  "]))
    with pytest.raises(LookupError, match="requests states no licence"):
        licences.licence_of("requests")


def test_packages_are_pinned_with_hashes():
    root = Path(__file__).resolve().parent.parent
    for name in ("requirements.lock", "tests/requirements.lock", "tests/firefox-requirements.lock"):
        lines = [line for line in (root / name).read_text().splitlines() if line and not line.lstrip().startswith("#")]
        pins = [line for line in lines if not line.startswith(" ")]
        assert pins
        assert [pin for pin in pins if "==" not in pin or not pin.endswith("\\")] == []
        assert sum("--hash=sha256:" in line for line in lines) >= len(pins)
