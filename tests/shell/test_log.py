import io
import logging

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def log():
    """What the product's own handler writes."""
    [handler] = [one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler]
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


@pytest.mark.parametrize(("address", "status"), [("/openruns/", 403), ("/nowhere/", 404), ("/list/0/", 404)])
def test_denied_and_wrong_addresses_are_one_line(guest_client, log, address, status):
    assert guest_client.get(address).status_code == status
    [line] = log.getvalue().splitlines()
    assert address in line


def test_error_of_ours_keeps_its_traceback(guest_client, log, monkeypatch):
    def break_down(_request):
        raise ZeroDivisionError("broken on purpose")

    monkeypatch.setattr("certhelper.shell_views.page_of", break_down)
    guest_client.raise_request_exception = False
    assert guest_client.get("/").status_code == 500
    assert "Traceback" in log.getvalue()
    assert "broken on purpose" in log.getvalue()
