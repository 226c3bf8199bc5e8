"""The first start of a server: required settings, and the secret key that several workers share."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks

from certhelper.checks import REQUIRED, STARTUP_TAG

ROOT = Path(__file__).resolve().parents[2]
MOST = dict.fromkeys(REQUIRED, "set")
REFUSE = "import django; django.setup(); from certhelper.checks import require_startup_checks as r; r()"


def started(code: str, folder: Path, **environment: str) -> subprocess.Popen[str]:
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = {**clean, "DJANGO_SETTINGS_MODULE": "certhelper.settings", "VAR_DIR": str(folder), **environment}
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=given, stdout=pipe, stderr=pipe, text=True)


def test_empty_variables_are_missing_and_named_at_once(tmp_path):
    process = started(REFUSE, tmp_path, **{**MOST, "OMS_URL": "", "SSO_CLIENT_SECRET": " "})
    _, output = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "Not started. Set OMS_URL, SSO_CLIENT_SECRET (docs/operator.md" in output


@pytest.mark.parametrize("command", [REFUSE, "import certhelper.wsgi"])
def test_start_names_all_missing_variables_in_one_message(tmp_path, command):
    process = started(command, tmp_path, **{**MOST, "OMS_URL": "", "DEBUG": "1"})
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert errors.rstrip().endswith("Not started. Set OMS_URL (docs/operator.md says what each is). Set DEBUG=0.")


def test_checks_have_ids_and_hints_and_accept_the_sandbox(settings, monkeypatch):
    assert run_checks(tags=[STARTUP_TAG], include_deployment_checks=True) == []
    monkeypatch.delenv("OMS_URL", raising=False)
    settings.IS_SANDBOX, settings.DEBUG = False, True
    errors = sorted(run_checks(tags=[STARTUP_TAG], include_deployment_checks=True), key=lambda error: error.id)
    assert [error.id for error in errors] == ["certhelper.E001", "certhelper.E002"]
    assert "OMS_URL" in str(errors[0].hint) and errors[1].hint == "Set DEBUG=0."
    assert run_checks(tags=[STARTUP_TAG]) == []


def test_malformed_link_is_refused_by_its_variable_in_every_check(settings):
    settings.LINKS = settings.LINKS | {"dials_run": "https://dials.example/{runs}", "oms": ""}
    (error,) = run_checks(tags=[STARTUP_TAG])
    assert error.id == "certhelper.E003"
    assert error.msg == "LINK_DIALS_RUN is no address: “{runs}” is no placeholder."
    assert "{run}, {dataset}, {reference_run}, {reference_dataset}, {fill}" in error.hint


def test_author_of_automatic_flags_is_refused_at_the_start(settings):
    settings.RUNREGISTRY_EMAIL = "auto@auto.cern.ch"
    (error,) = run_checks(tags=[STARTUP_TAG])
    assert error.id == "certhelper.E004"
    assert "RUNREGISTRY_EMAIL begins with auto@auto" in error.hint


@pytest.mark.parametrize(
    ("variables", "name", "address"),
    [
        ({}, "dials_run", "https://cmsdials.web.cern.ch/browser?ws=tracker&dataset={dataset}&run={run}"),
        ({"LINK_DIALS_RUN": ""}, "dials_run", ""),
        ({"LINK_DIALS": "https://d.example/{run}"}, "dials_run", "https://d.example/{run}"),
        ({"LINK_OMS": "https://o.example/"}, "oms_run", "https://cmsoms.cern.ch/cms/runs/report?cms_run={run}"),
        (
            {"LINK_OMS": "https://o.example/{run}", "LINK_OMS_RUN": "https://o.example/r/{run}"},
            "oms_run",
            "https://o.example/r/{run}",
        ),
    ],
)
def test_link_to_a_run_is_its_variable_or_the_general_one_with_placeholders(tmp_path, variables, name, address):
    process = started(f"from certhelper.settings import LINKS; print(LINKS[{name!r}], end='')", tmp_path, **variables)
    out, errors = process.communicate(timeout=60)
    assert (out, errors) == (address, "")


@pytest.mark.parametrize("name", [name for name in REQUIRED if name.endswith("_AUDIENCE")])
def test_audience_may_be_empty(tmp_path, name):
    process = started(REFUSE, tmp_path, **{**MOST, name: ""})
    _, output = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "")


def test_workers_that_start_together_share_one_secret_key(tmp_path):
    """Each waits for the others, then looks for the key: the moment that matters is shared."""
    code = (
        "import pathlib, time, os\n"
        "import certhelper.env, dj_database_url, csp.constants, django.urls, secrets, tempfile\n"
        "pathlib.Path(os.environ['VAR_DIR'], f'here-{os.getpid()}').touch()\n"
        "while len(list(pathlib.Path(os.environ['VAR_DIR']).glob('here-*'))) < 6: pass\n"
        "from certhelper import settings\n"
        "print(settings.SECRET_KEY)"
    )
    workers = [started(code, tmp_path) for _ in range(6)]
    keys = {worker.communicate(timeout=60)[0] for worker in workers}
    key_file = tmp_path / "secret-key"
    assert keys == {key_file.read_text() + "\n"}
    assert len(key_file.read_text()) > 50
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("secret-key*")] == ["secret-key"]


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "('HTTP_X_FORWARDED_PROTO', 'https')"),
        ({"CERTHELPER_MODE": "sandbox"}, "None"),
        ({"BEHIND_PROXY": "0"}, "None"),
    ],
)
def test_proxy_header_is_trusted_only_behind_a_proxy(tmp_path, environment, sentence):
    code = "from certhelper import settings; print(settings.SECURE_PROXY_SSL_HEADER)"
    process = started(code, tmp_path, **environment)
    assert process.communicate(timeout=60)[0].strip() == sentence
