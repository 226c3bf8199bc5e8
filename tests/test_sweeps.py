"""Checks of every page and every setting."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import global_settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.urls import reverse

from shiftleader.parts.registry import PARTS
from tests.factories import CertificationFactory, QuestionFactory

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
STATIC = re.compile(r"{% static ['\"]([^'\"{]+)['\"]")
UNLABELLED_ON_PURPOSE = {"hidden", "submit", "button", "reset", "image"}


class ParsedPage(HTMLParser):
    """The parts of a page that these tests check."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.title, self.lang, self.headings, self.inline, self.ids = "", "", 0, [], []
        self.controls: list[dict[str, str | None]] = []
        self.labelled: set[str | None] = set()
        self._in_title = self._in_script = False
        self._labels = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.inline += [f"<{tag} {name}>" for name in found if name == "style" or name.startswith("on")]
        self.ids += [found["id"]] if found.get("id") else []
        self._in_title = tag == "title" and not self.title
        self._in_script = tag == "script" and not found.get("src") and found.get("type") != "application/json"
        if tag == "html":
            self.lang = found.get("lang") or ""
        elif tag == "h1":
            self.headings += 1
        elif tag == "style":
            self.inline.append("<style>")
        elif tag == "label":
            self._labels += 1
            self.labelled.add(found.get("for"))
        elif tag in ("input", "select", "textarea") and found.get("type") not in UNLABELLED_ON_PURPOSE:
            self.controls.append(found | {"inside a label": "yes" if self._labels else None})

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_script = False
        self._labels -= tag == "label"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data.strip()
        if self._in_script and data.strip():
            self.inline.append(f"<script> {data.strip()[:40]}")

    def unlabelled(self) -> list[str | None]:
        names = ("inside a label", "aria-label", "aria-labelledby")
        return [
            control.get("name")
            for control in self.controls
            if not any(control.get(name) for name in names) and control.get("id") not in self.labelled
        ]


@pytest.fixture
def pages(shifter, shifter_client, shift_leader_client, client, settings) -> Iterator[dict[str, ParsedPage]]:
    """Every page, opened by a permitted user; outside services are switched off."""
    for name in ("RUNREGISTRY_URL", "OMS_URL", "SSO_URL"):
        setattr(settings, name, "http://127.0.0.1:9/nobody")
    certification = CertificationFactory(user=shifter)
    CertificationFactory(user=shifter, pixel="bad", comment="noisy")
    addresses = {
        shifter_client: [
            reverse("home"),
            reverse("openruns:open-runs"),
            reverse("openruns:open-runs") + "?runs=315257-315270",
            reverse("certify:certify-run", args=[317555]),
            reverse("certify:certify-reconstruction", args=[317555, "express"]),
            reverse("listruns:list"),
            reverse("listruns:list") + "?date_min=2018-01-01&user=",
            reverse("listruns:certification", args=[certification.pk]),
            reverse("listruns:update", args=[certification.pk]),
            reverse("listruns:facts"),
            reverse("listruns:typed-values", args=[certification.run_number]),
            "/no-such-page/",
        ],
        shift_leader_client: [
            reverse("shiftleader:week"),
            *(part.url for part in PARTS),
            reverse("shiftleader:training"),
            reverse("review:ask", args=[certification.pk]),
            reverse("review:answer", args=[QuestionFactory(certification=certification).pk]),
        ],
        client: [reverse("users:sign-in"), reverse("help")],
    }
    return {path: ParsedPage(browser.get(path).text) for browser, paths in addresses.items() for path in paths}


@pytest.mark.django_db
def test_every_page_has_a_language_a_title_and_one_h1(pages):
    assert {path: page.lang for path, page in pages.items() if not page.lang.startswith("en")} == {}
    assert {path for path, page in pages.items() if not page.title} == set()
    assert {path: page.headings for path, page in pages.items() if page.headings != 1} == {}


@pytest.mark.django_db
def test_titles_are_unique(pages):
    titles = {path.split("?")[0]: page.title for path, page in pages.items()}
    assert len(set(titles.values())) == len(titles), titles


@pytest.mark.django_db
def test_every_input_has_a_label(pages):
    assert {path: page.unlabelled() for path, page in pages.items() if page.unlabelled()} == {}


@pytest.mark.django_db
def test_no_page_has_inline_script_or_style(pages):
    assert {path: page.inline for path, page in pages.items() if page.inline} == {}


@pytest.mark.django_db
def test_ids_are_unique_on_a_page(pages):
    twice = {
        path: {element_id for element_id in page.ids if page.ids.count(element_id) > 1} for path, page in pages.items()
    }
    assert {path: ids for path, ids in twice.items() if ids} == {}


def test_sweep_detects_violations():
    page = ParsedPage(
        '<h1>a</h1><h1>b</h1><p style="x" onclick="y" id="i"><b id="i"></b><script>z</script><input name="n">'
    )
    assert (page.headings, len(page.inline), page.ids, page.unlabelled()) == (2, 3, ["i", "i"], ["n"])


def test_templates_name_no_other_site():
    """Scripts, styles, pictures and fonts come from this site; links to other sites come from settings."""
    loads = re.compile(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?https?:", re.IGNORECASE)
    files = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/css/*.css")]
    assert [file.name for file in files if loads.search(text := file.read_text()) or "@import url(http" in text] == []


def test_templates_name_static_files_that_exist():
    named = [name for file in ROOT.glob("templates/**/*.html") for name in STATIC.findall(file.read_text())]
    assert [name for name in named if finders.find(name) is None] == []
    assert named


@pytest.mark.django_db
def test_no_migration_is_pending():
    output = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=output)
    assert "No changes" in output.getvalue()


def _variables() -> set[str]:
    """Every environment variable that the settings read."""
    files = [ROOT / f"certhelper/{name}.py" for name in ("settings", "link_settings")]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    named = [call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)]
    return {name for name in named if isinstance(name, str) and re.fullmatch(r"[A-Z][A-Z_]+", name)}


def test_every_setting_is_documented():
    manual = (ROOT / "docs/operator.md").read_text(encoding="utf-8")
    assert {name for name in _variables() | {"PORT", "WORKERS"} if f"`{name}`" not in manual} == set()


def test_operator_manual_names_no_removed_setting():
    documented = re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/operator.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(documented) - _variables() == {"PORT", "WORKERS"}


def _project_settings() -> set[str]:
    """The settings made of an environment variable that Django does not know."""
    body = ast.parse((ROOT / "certhelper/settings.py").read_text(encoding="utf-8")).body
    assignments = [node for node in body if isinstance(node, ast.Assign)]
    named = {
        target.id for node in assignments for target in node.targets if isinstance(target, ast.Name) and _asks(node)
    }
    return {name for name in named if not name.startswith("_") and not hasattr(global_settings, name)}


def _asks(node: ast.AST) -> bool:
    sources = ("env", "_service_setting", "read_links")
    return any(isinstance(name, ast.Name) and name.id in sources for name in ast.walk(node))


def test_every_setting_is_used():
    """Each setting is read by the code or by another setting, or marked "later" in the manual."""
    folders = [folder for folder in ROOT.iterdir() if (folder / "__init__.py").exists() and folder.name != "tests"]
    files = [file for folder in folders for file in folder.rglob("*.py") if file.name != "settings.py"]
    read = set(re.findall(r"\bsettings\.([A-Z][A-Z_]+)", "".join(file.read_text(encoding="utf-8") for file in files)))
    tree = ast.walk(ast.parse((ROOT / "certhelper/settings.py").read_text(encoding="utf-8")))
    read |= {node.id for node in tree if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    manual = (ROOT / "docs/operator.md").read_text(encoding="utf-8")
    later = set(re.findall(r"^\| `([A-Z_]+)` .*\(later\)", manual, re.MULTILINE))
    project_settings = _project_settings()
    assert {"PAGE_BUDGET_S", "OMS_URL", "LINKS"} <= project_settings
    assert project_settings - read == later


PRODUCTION = {
    "CERTHELPER_MODE": "production",
    "SECRET_KEY": "k3-Jw8pYcQv1nZt6RbXm0sLd5fGhUaEo7iPqTyWuVxBzNkMj-4rS2dF9",
    "ALLOWED_HOSTS": "certhelper.example.org",
    "RUNREGISTRY_URL": "https://registry.example.org",
    "RUNREGISTRY_AUDIENCE": "registry",
    "OMS_URL": "https://oms.example.org/agg/api/v1",
    "OMS_AUDIENCE": "oms",
    "SSO_URL": "https://sso.example.org/auth/realms/cern",
    "SSO_CLIENT_ID": "certhelper",
    "SSO_CLIENT_SECRET": "secret",
    "OIDC_CLIENT_ID": "certhelper-people",
    "OIDC_CLIENT_SECRET": "secret",
}


def _in_production(tmp_path: Path, *command: str, without: str = "") -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in PRODUCTION.items() if name != without}
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), **given}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_production_passes_the_deployment_check(tmp_path):
    done = _in_production(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name.startswith(("RUN", "OMS", "SSO", "OIDC"))])
def test_production_without_a_setting_refuses_to_start_and_names_it(tmp_path, name):
    done = _in_production(tmp_path, "-c", "import certhelper.wsgi", without=name)
    assert done.returncode != 0
    assert name in done.stderr.splitlines()[-1]


def test_production_server_starts_alone_and_serves_its_first_page(tmp_path):
    ask = "from certhelper.wsgi import application; from django.test import Client;"
    ask += "print(Client(SERVER_NAME='certhelper.example.org').get('/accounts/login/', secure=True).status_code)"
    done = _in_production(tmp_path, "-c", ask)
    assert (done.stdout.strip().splitlines()[-1:], done.returncode) == (["200"], 0), done.stderr
    assert (tmp_path / "static" / "staticfiles.json").exists()


def test_production_loads_no_demo_users(tmp_path):
    done = _in_production(tmp_path, "manage.py", "demo")
    assert done.returncode != 0
    assert "known passwords" in done.stderr
