"""Writes that bypass `save` are not recorded in history: the few permitted places are listed here."""

import re
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    "api",
    "certify",
    "dials",
    "golden",
    "history_pages",
    "listruns",
    "openruns",
    "oms",
    "users",
    "registry_sync",
    "reports",
    "shiftleader",
    "certhelper",
    "audit",
)
PAST_SAVE = re.compile(r"\.(update|bulk_create|bulk_update|_raw_delete)\(|\.delete\(\)|save_base\(|\.execute\(")
# file: why it may
MAY = {
    "oms/upsert.py": "what OMS says is no person's deed",
    "oms/lumisections/mirror.py": "lumisections as OMS gives them; earlier readings stay stored",
    "certify/evidence/reading.py": "a request that was served is no history",
    "certify/evidence/requests.py": "what pages asked for is no certification data",
    "certify/ranges/reading.py": "a request that was served is no history",
    "certify/ranges/requests.py": "what pages asked for is no certification data",
    "dials/reading.py": "histograms as DIALS gives them; no person's action",
    "oms/mirror.py": "the link of a run to its fill, as OMS says",
    "certify/facts/staleness.py": "what is stale follows from what is stored; `StaleMark` is its history",
    "certify/facts/run_type.py": "the run type that the names of datasets give is no person's action",
    "certhelper/demo/certifications.py": "times of demo content",
    "certhelper/web/health.py": "asks whether the database answers",
    "certify/references/apv_modes.py": "APV modes as their service says; no person's action",
    "certify/imports/importer.py": "thousands of rows, noted as made",
    "certify/imports/targets.py": "reconstructions, noted as made; runs and datasets are names",
    "certify/imports/file_flags.py": "hundreds of rows, noted as made",
    "audit/operation.py": "rows of history themselves",
    "audit/digests.py": "digests of rows of history",
    "audit/triggers.py": "the trigger that refuses changes of history",
    "certify/review/actions.py": "which versions a review has seen; the review itself is kept",
    "registry_sync/actions.py": "the writes of a sending, which is recorded itself",
    "registry_sync/bulk_actions.py": "many sendings, noted as created, and their writes",
    "certify/vocabulary/checklist_progress.py": "which lists were open on a shift day is no certification data",
    "registry_sync/pull.py": "what has changed in Run Registry since; no person's action",
    "golden/actions.py": "the certifications of a file, which is itself neither changed nor deleted",
    "history_pages/views.py": "a notice that was seen is no history",
}
# update() of a dictionary or a query, not of rows.
NOT_ROWS = re.compile(
    r"\b(again|reopened|facts|frozen|runs|named|numbers|query|changed|data|headers|context)\.(facts\.)?update\("
)


def _lines() -> list[str]:
    found = []
    for path in (path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts):
        name = str(path.relative_to(ROOT))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if PAST_SAVE.search(line) and not NOT_ROWS.search(line) and "super()" not in line and name not in MAY:
                found.append(f"{name}:{number}: {line.strip()}")
    return found


def test_no_code_bypasses_save():
    assert _lines() == []


def test_each_listed_exception_still_exists():
    assert [name for name in MAY if not PAST_SAVE.search((ROOT / name).read_text(encoding="utf-8"))] == []


def test_every_table_with_content_is_recorded():
    recorded = {model._meta.label for model in apps.get_models() if hasattr(model, "audit_options")}
    models = {
        model._meta.label for app in ("certify", "oms", "users") for model in apps.get_app_config(app).get_models()
    }
    # Names, as Run Registry gives them; a history.
    assert models - recorded == {"certify.Dataset", "certify.StaleMark"}
