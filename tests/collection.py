"""Selects tests: which are slow, and which run again on PostgreSQL."""

import gc
from collections import Counter
from pathlib import Path

from django.db import connection

from tests.proof import IS_FULL

TESTS = Path(__file__).parent
# What `make check` leaves to `make test`: long proofs, the whole of something, processes and browsers of their own.
SLOW = (
    *("api/test_schema.py", "audit/test_thousand.py", "certhelper/admin/", "certhelper/home/test_training_apart.py"),
    *("certhelper/test_checks.py", "certhelper/test_demo.py", "certhelper/test_serve.py", "certhelper/test_work.py"),
    *("certify/actions/test_concurrent.py", "certify/imports/", "certify/references/", "contracts/", "e2e/", "faults/"),
    *("fuzz/", "history_pages/", "infrastructure/http/test_circuit_breaker.py", "oms/lumisections/test_whole_world.py"),
    *("oms/test_whole_world.py", "openruns/", "registry/", "reports/", "sandbox/", "shiftleader/", "stress/"),
    *("test_access_table.py", "test_architecture.py", "test_hardening.py", "test_rights.py", "test_sweeps.py"),
    *("tools/", "upgrade/", "users/sso/"),
)
# What outside services do and how pages look is the same on both databases: only `make prove` runs it on PostgreSQL.
OF_SQLITE = (
    *("certhelper/admin/", "certhelper/home/", "certhelper/test_demo.py", "certhelper/web/", "certify/editor/"),
    *("certify/imports/test_read_files.py", "certify/imports/test_refused_files.py", "certify/ranges/"),
    *("certify/references/test_apv.py", "certify/references/test_apv_beside.py", "faults/", "openruns/", "registry/"),
    *(
        "registry_sync/test_bulk_planning.py",
        "registry_sync/test_faults.py",
        "registry_sync/test_no_harmful_request.py",
    ),
    *(
        "registry_sync/test_plan_page.py",
        "registry_sync/test_receipt_pages.py",
        "reports/slides/",
        "sandbox/",
        "users/sso/",
    ),
)
# They send what other tests send, but for a few shapes of statements: only `make prove` runs them there, too.
OF_OTHERS = (
    *("certhelper/test_lumisections_out.py", "certify/actions/test_ranges.py", "certify/actions/test_training.py"),
    *("certify/facts/test_changed_since_shown.py", "certify/facts/test_late_facts.py"),
    "certify/references/test_actions.py",
    *("certify/references/test_explanation.py", "certify/review/test_questions.py", "certify/test_cosmics_facts.py"),
    *("certify/test_evidence_links.py", "certify/test_opinions.py", "drafts/test_presence.py"),
    *("drafts/test_offers.py", "drafts/test_pages.py", "drafts/test_refused_forms.py"),
    *("golden/test_file_pages.py", "golden/test_policy_pages.py", "golden/test_preview.py", "golden/test_why.py"),
    *("listruns/test_certification.py", "listruns/test_lifecycle.py", "listruns/test_update_page.py"),
    *("registry_sync/test_equal_after_sending.py", "registry_sync/test_interference.py"),
    *("registry_sync/test_meanwhile.py", "registry_sync/test_moves.py", "reports/daily/test_logbook.py"),
    *("shiftleader/parts/test_comparison.py", "shiftleader/parts/test_parts.py"),
    *("shiftleader/parts/test_range_comparison.py", "users/test_role_in_admin.py", "users/test_sign_in.py"),
)
# Each set of parameters is another statement, or another constraint. Elsewhere the statement is the same for all sets
# of a test: of those every third runs on PostgreSQL, and all in `make prove`.
OF_STATEMENTS = (
    *("audit/", "certify/filters/", "certify/models/", "certify/references/test_table.py", "infrastructure/database/"),
    *("listruns/test_as_of.py", "listruns/test_filters.py", "listruns/test_ignore_case.py", "oms/test_whole_world.py"),
)
SET_STEP = 3
# The number of statements is the same on both databases.
COUNTS = {"django_assert_num_queries", "django_assert_max_num_queries"}


def pytest_collection_finish():
    """Keep what is imported by now out of every garbage collection of the tests."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config, items):
    """Marks what is slow.

    On PostgreSQL, all that touches the database; what does not, and what is marked `once`, SQLite's run shows. In
    `make test` a sample of that.
    """
    for item in items:
        if _is_in(item, SLOW) or "[10000]" in item.name:
            item.add_marker("slow")
    if connection.vendor == "sqlite":
        return
    again = [item for item in items if _touches_database(item) and not item.get_closest_marker("once")]
    if not IS_FULL:
        again = _sample([item for item in again if _has_condition(item) or not _is_in(item, OF_SQLITE + OF_OTHERS)])
    config.hook.pytest_deselected(items=[item for item in items if item not in set(again)])
    items[:] = again


def _sample(items):
    """All tests but those that count statements, with every third set of parameters of each."""
    places = Counter()
    sample = []
    for item in items:
        test = item.nodeid.partition("[")[0]
        is_in_turn = places[test] % SET_STEP == 0 and COUNTS.isdisjoint(item.fixturenames)
        if is_in_turn or _is_in(item, OF_STATEMENTS):
            sample.append(item)
        places[test] += 1
    return sample


def _has_condition(item) -> bool:
    """Whether a test is skipped somewhere: what SQLite's run skips must not be left out here."""
    return item.get_closest_marker("skipif") is not None


def _is_in(item, places):
    return item.path.relative_to(TESTS).as_posix().startswith(places)


def _touches_database(item) -> bool:
    return bool(item.get_closest_marker("django_db")) or not {"db", "transactional_db"}.isdisjoint(item.fixturenames)
