from django.db import migrations


# True for [[first, last], …] of whole numbers that are sorted, disjoint, and do not touch. The function of 0010 let nulls
# and texts pass: what compares as NULL is ignored by bool_and.
IS_MINIMAL = """
CREATE OR REPLACE FUNCTION certify_ranges_are_minimal(ranges jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_typeof(ranges) = 'array' AND coalesce(bool_and(coalesce(
        length = 2 AND first >= 1 AND last >= first AND first = trunc(first) AND last = trunc(last)
        AND (place = 1 OR first > earlier + 1)
    , false)), true)
    FROM (
        SELECT place, length, first, last, lag(last) OVER (ORDER BY place) AS earlier
        FROM (
            SELECT place,
                CASE jsonb_typeof(part) WHEN 'array' THEN jsonb_array_length(part) END AS length,
                CASE jsonb_typeof(part->0) WHEN 'number' THEN (part->>0)::numeric END AS first,
                CASE jsonb_typeof(part->1) WHEN 'number' THEN (part->>1)::numeric END AS last
            FROM jsonb_array_elements(CASE jsonb_typeof(ranges) WHEN 'array' THEN ranges ELSE '[]' END)
                WITH ORDINALITY AS parts(part, place)
        ) AS numbers
    ) AS spans
$$
"""


def refuse_what_is_no_number(_apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(IS_MINIMAL)


class Migration(migrations.Migration):

    dependencies = [
        ('certify', '0011_lumisections_seen'),
    ]

    operations = [
        migrations.RunPython(refuse_what_is_no_number, migrations.RunPython.noop),
    ]
