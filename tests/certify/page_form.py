"""The certify form as a browser opens and sends it."""

from certify.models.components import FLAG_FIELDS
from tests.browser_form import fields_of

GOOD = {**dict.fromkeys(FLAG_FIELDS, "good"), "trackermap": "exists"}
RUN = 315259
BY_HAND = {
    "run-run_type": "collisions",
    "run-lumisections": "120",
    "run-energy": "6500",
    "run-recorded_lumi": "2500",
    "run-recorded_lumi_unit": "nb^{-1}",
    "fill-fill_number": "6615",
}
FAULT_MODES = ["refuse", "500", "not-found", "hang"]


def open_form(client, path=f"/certify/{RUN}/express/"):
    response = client.get(path)
    assert response.status_code == 200, response.content.decode()[:2000]
    return response


def send_form(client, opened, path=f"/certify/{RUN}/express/", **changes):
    sent = {**fields_of(opened), **changes}
    return client.post(path, {name: value for name, value in sent.items() if value is not None})


def errors_of(response):
    return dict(response.context["form"].errors)
