from pathlib import Path

import certifi
import pytest

from infrastructure.http.ca_bundle import ca_bundle


@pytest.fixture(autouse=True)
def _not_remembered():
    ca_bundle.cache_clear()
    yield
    ca_bundle.cache_clear()


def test_bundle_of_the_setting_is_used(settings):
    settings.CA_BUNDLE = "/somewhere/else.pem"
    assert ca_bundle() == "/somewhere/else.pem"


def test_bundle_contains_public_and_cern_authorities(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    text = Path(ca_bundle()).read_text(encoding="utf-8")
    certificates = text.count("BEGIN CERTIFICATE")
    assert certificates > Path(certifi.where()).read_text(encoding="utf-8").count("BEGIN CERTIFICATE") > 50


def test_outdated_bundle_is_rebuilt(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    (tmp_path / "ca-bundle.pem").write_text("old")
    assert "BEGIN CERTIFICATE" in Path(ca_bundle()).read_text(encoding="utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["ca-bundle.pem"]
