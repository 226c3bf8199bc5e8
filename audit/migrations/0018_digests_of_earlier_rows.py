"""The history that was written before digests were: chained as it is found, in batches, in the order of its rows."""

from django.db import migrations

from audit.digests import columns_of, format_key, row_digest, rows_of_change, store_formats, table_name

BATCH = 500
KEYS = {"historicalomsrun": "run_number", "historicalomsfill": "fill_number"}
UNPROTECTED = ("history_digestformat", "history_recorddigest", "history_historicalsending")


def protect(_apps, schema_editor):
    """The trigger of 0002 for the tables that lack it; the table of 0015 was made without."""
    if schema_editor.connection.vendor == "postgresql":
        for table in UNPROTECTED:
            schema_editor.execute(
                f"CREATE TRIGGER history_stays BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION history_stays()"
            )


def release(_apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in UNPROTECTED:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS history_stays ON {table}")


def chain_history(apps, _schema_editor):
    store_formats(apps)
    for name, model in apps.get_app_config("history").models.items():
        if name.startswith("historical"):
            _store(apps, _digests_of_rows(model, KEYS.get(name, "id")))
    _store(apps, _digests_of_changes(apps))


def _store(apps, values):
    digests, batch = apps.get_model("history", "RecordDigest"), []
    for value in values:
        batch.append(digests(**value))
        if len(batch) == BATCH:
            digests._base_manager.bulk_create(batch)
            batch = []
    digests._base_manager.bulk_create(batch)


def _digests_of_rows(model, key_column):
    columns, record, before = columns_of(model), None, ""
    for values in model._base_manager.order_by(key_column, "history_id").values(*columns).iterator(BATCH):
        if values[key_column] != record:
            record, before = values[key_column], ""
        before = row_digest(model, values, columns, before)
        row, change = values["history_id"], values["change_id"]
        yield {"table": table_name(model), "key": record, "row": row, "change_id": change} | _digest(model, before)


def _digests_of_changes(apps):
    model, digests = apps.get_model("history", "Change"), apps.get_model("history", "RecordDigest")
    columns, last = columns_of(model), 0
    while changes := list(model._base_manager.filter(pk__gt=last).order_by("pk").values(*columns)[:BATCH]):
        first, last = changes[0]["id"], changes[-1]["id"]
        rows = {}
        of_rows = digests._base_manager.filter(change_id__gte=first, change_id__lte=last).exclude(table="change")
        for change, *row in of_rows.values_list("change_id", "table", "row", "digest"):
            rows.setdefault(change, []).append(row)
        for values in changes:
            key = values["id"]
            digest = row_digest(model, values, columns, "", rows_of_change(rows.get(key, [])))
            yield {"table": "change", "key": key, "row": key, "change_id": key} | _digest(model, digest)


def _digest(model, digest):
    return {"format": format_key(model), "digest": digest}


class Migration(migrations.Migration):
    dependencies = [("history", "0017_record_digests")]
    operations = [
        migrations.RunPython(protect, release),
        migrations.RunPython(chain_history, migrations.RunPython.noop),
    ]
