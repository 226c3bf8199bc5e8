"""Converts recordings to shapes: `python -m tests.contracts.carry_over FOLDER`.

FOLDER holds exchanges recorded from the real Run Registry backend (one JSON file per call, and INDEX.json). Kept are:
the request with its runs, classes and names changed to ones of the sandbox's world (MAPPED), the status, the shape
of the answer (shapes.py), and the body of an error. Recordings that the sandbox does not serve are listed with the
reason. Written: exchanges.json, shapes.json, not_served.json.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.contracts.shapes import shape_of

HERE = Path(__file__).parent
SERVED = re.compile(
    r"(POST /(runs|datasets)_filtered_ordered"
    r"|GET /get_all_dataset_names_of_run/.*"
    r"|POST /lumisections/(rr_lumisections|rr_lumisection_ranges|rr_lumisection_ranges_by_component"
    r"|oms_lumisections|oms_lumisection_ranges|joint_lumisection_ranges|get_rr_lumisection_history)"
    r"|POST /versions/get_versions"
    r"|GET /cycles/global|GET /datasets_accepted|GET /nope)$"
)
# {recorded text: text of the sandbox}. The order of the runs and their types are preserved.
MAPPED = {
    "299327": "315257",  # with a ReReco
    "381000": "315250",
    "381499": "315256",
    "381500": "315257",  # collisions with Express and PromptReco
    "381501": "315264",
    "381515": "315270",
    "381520": "315322",
    "381530": "316029",  # cosmics
    "381544": "315363",
    "381600": "314368",  # not significant
    "381999": "315999",
    "382000": "316000",
    "2024-06-20": "2018-04-20",
    "Collisions2024E": "Collisions2018A",
    "Cosmics2024/": "Cosmics2018A/",
    "2024/": "2018/",
    "Collisions24": "Collisions18",
    "Cosmics24": "Cosmics18",
}
# Calls whose response depends on the state of the recorded server: {call: {our text: replacement}}.
_THREE_RUNS_OF_THREE = {"381500": "314472", "381501": "314473", "381515": "314474"}
_FIRST_WITH_LUMISECTIONS = {'"page": 0': '"page": 3'}
MAPPED_OF_CALL: dict[str, dict[str, str]] = {
    "get_datasets__limit_3_page_2": _THREE_RUNS_OF_THREE,
    "get_datasets__paging_size2": _THREE_RUNS_OF_THREE,
    "get_datasets__or_list_tracker_open__none": _THREE_RUNS_OF_THREE,
    "get_datasets__pixel_bad_raw_filter": {"tracker-pixel.BAD": "tracker-pixel.STANDBY"},
    "get_datasets__strip_bad": {"tracker-strip.BAD": "tracker-strip.STANDBY"},
    "get_runs__triplet_good": {"tracker-strip.BAD": "tracker-strip.GOOD"},
    "get_run__after_significant": {"381600": "316029"},
    "probe_and_or_nested_states": _FIRST_WITH_LUMISECTIONS,
    "probe_dataset_filter_energy": _FIRST_WITH_LUMISECTIONS,
    "probe_hidden_dataset_gone": {"381530": "314206"},
    "probe_sort_datasets_tracker-pixel": _FIRST_WITH_LUMISECTIONS,
}
REASONS = (
    (r"/json_portal/", "golden JSON generation is not served"),
    (r"/run_with_history/", "values of OMS, which may be null, are at its top level"),
    (r"/dc_tools/|/recalculate_cache", "tools of data certification experts: see registry_writes.json"),
    (
        r"PUT |DELETE |/move_|/mark_significant|/refresh_run|/reset_and_|/runs/|POST /cycles",
        "writing: compared with other recordings, registry_writes.json",
    ),
)


def changed(text: str, call: str) -> str:
    """Return the text with the recorded names replaced by ours, in one pass."""
    table = MAPPED | MAPPED_OF_CALL.get(call, {})
    keys = sorted(table, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, keys)), lambda found: table[found[0]], text)


def address(request: dict[str, Any]) -> str:
    """`POST /runs_filtered_ordered`."""
    return f"{request['method']} {urlsplit(request['url']).path}"


def body_of(request: dict[str, Any]) -> str | None:
    """Return the body as it was sent: JSON, or invalid JSON as text."""
    body = request.get("body")
    return body if isinstance(body, str) or body is None else json.dumps(body)


def shortened(call: str, exchange: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    """Return the stored part of an exchange, and add its shape to `shapes`."""
    request, response = exchange["request"], exchange["response"]
    method, path = address(request).split(" ", 1)
    body, answer = body_of(request), response["body"]
    entry = {
        "call": call,
        "method": method,
        "path": changed(path, call),
        "body": None if body is None else changed(body, call),
        "status": response["status"],
    }
    if response["status"] != 200:
        return entry | {"error": json.loads(changed(json.dumps(answer), call))}
    shape = shape_of(answer)
    key = hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:8]
    shapes[key] = shape
    return entry | {"shape": key}


def reason(entry: dict[str, Any], is_served: bool) -> str:
    """Return why an entry of the index is not compared with the sandbox."""
    if entry["server"] != "real backend":
        return "recorded from a stub that misbehaves, to learn what the client does"
    if not is_served:
        return "named in the index, but its recording is not there"
    paths = " ".join(entry["paths"])
    return next((text for pattern, text in REASONS if re.search(pattern, paths)), "nothing was sent")


def carry_over(folder: Path) -> None:
    """Write the three files from the recordings."""
    exchanges, shapes, not_served = [], {}, {}
    for entry in json.loads((folder / "INDEX.json").read_text(encoding="utf-8")):
        call, file = entry["file"].removesuffix(".json"), folder / entry["file"]
        recorded = json.loads(file.read_text(encoding="utf-8")).get("exchanges", []) if file.exists() else []
        served_exchanges = [exchange for exchange in recorded if SERVED.match(address(exchange["request"]))]
        if entry["server"] == "real backend" and served_exchanges:
            exchanges += [shortened(call, exchange, shapes) for exchange in served_exchanges]
        else:
            not_served[call] = reason(entry, file.exists())
    write("exchanges.json", exchanges)
    write("shapes.json", dict(sorted(shapes.items())))
    write("not_served.json", not_served)


def write(name: str, content: Any) -> None:
    """Write one file with one entry per line."""
    if isinstance(content, list):
        text = "[\n" + ",\n".join(json.dumps(entry) for entry in content) + "\n]\n"
    else:
        lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items())
        text = "{\n" + ",\n".join(lines) + "\n}\n"
    (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    carry_over(Path(sys.argv[1]))
