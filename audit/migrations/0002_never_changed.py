"""On PostgreSQL the database itself refuses to change or delete history (TRUNCATE, which only tests use, it allows)."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION history_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'History is neither changed nor deleted (%)', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
TRIGGER = """
CREATE TRIGGER history_stays BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION history_stays()
"""


def _tables(apps):
    models = apps.get_app_config("history").get_models()
    return [model._meta.db_table for model in models if model._meta.model_name != "notice"]


def protect(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FUNCTION, params=None)
        for table in _tables(apps):
            schema_editor.execute(TRIGGER.format(table=schema_editor.quote_name(table)))


def release(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS history_stays CASCADE")


class Migration(migrations.Migration):
    dependencies = [("history", "0001_initial")]
    operations = [migrations.RunPython(protect, release)]
