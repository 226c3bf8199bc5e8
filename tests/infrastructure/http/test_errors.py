from datetime import UTC, datetime

import pytest

from infrastructure.http import errors, status

DETAILS = {
    errors.NotConfigured: {"setting": "OMS_URL"},
    errors.TimedOut: {"seconds": 5.0},
    errors.BudgetExhausted: {"seconds": 0},
    errors.StartedTooLate: {"seconds": 0},
    errors.CircuitOpen: {
        "predicate": "did not answer within 5 s",
        "advice_template": errors.TRY_AGAIN,
        "until": datetime(2026, 5, 1, 12, 0, 30, tzinfo=UTC),
    },
    errors.BadStatus: {"status": 500},
    errors.AccessDenied: {"status": 403},
    errors.Redirected: {"status": 302},
    errors.TooLarge: {"limit": 8_000_000},
    errors.WrongShape: {"key": "data"},
    errors.NoToken: {"status": 401},
}


def error_classes(error_class=errors.RemoteError):
    return [
        subclass
        for below in error_class.__subclasses__()
        for subclass in (below, *error_classes(below))
        if subclass.__module__ == errors.__name__
    ]


@pytest.mark.parametrize("error_class", sorted(set(error_classes()), key=lambda error_class: error_class.__name__))
@pytest.mark.parametrize(
    ("service", "label"), [("registry", "Run Registry"), ("oms", "OMS"), ("sso", "The CERN sign-in")]
)
def test_every_error_message_has_service_failure_and_advice(error_class, service, label):
    error = error_class(service, **DETAILS.get(error_class, {}))
    assert error.sentence == f"{error.reason}. {error.advice}"
    assert error.reason.startswith(f"{label} ") and not error.reason.endswith(".")
    assert "{" not in error.sentence
    assert error.advice.startswith("Certify without it" if service == "registry" else "Type the missing values")
    assert error.advice.endswith(".")


def test_error_has_the_called_and_the_failed_service():
    error = errors.TimedOut("oms", source="sso", seconds=5.0)
    assert (error.service, error.source) == ("oms", "sso")
    assert error.sentence == "The CERN sign-in did not answer within 5 s. Type the missing values, or try again."


@pytest.mark.django_db
def test_banner_has_advice_for_each_unreachable_service(shifter_client):
    for service in ("registry", "oms", "sso"):
        status.record_failure(errors.ConnectionFailed(service))
    page = shifter_client.get("/help/").content.decode()
    for sentence in ("Certifying goes on without it.", "values typed by hand.", "Whoever is signed in can go on."):
        assert page.count(sentence) == 1
