"""Runs the unmodified `cmsdials` client in an environment of its own: `drive_dials_client.py BASE_URL`.

It makes the calls of the client's README that work against DIALS, and prints one JSON object: what each returned.
"""

from __future__ import annotations

import json
import sys
import warnings

warnings.simplefilter("ignore")

from cmsdials import Dials  # noqa: E402
from cmsdials import filters as by  # noqa: E402
from cmsdials.auth.client import AuthClient  # noqa: E402
from cmsdials.auth.client_credentials import Credentials  # noqa: E402
from cmsdials.auth.secret_key import Credentials as Secret  # noqa: E402
from urllib3.util import Retry  # noqa: E402

PROMPT, RUN, FLAGGED = 14000102, 315357, [315357, 315366]
CHARGE = "PixelPhase1/Tracks/PXBarrel/charge_PXLayer_2"
MAPS = {"me__regex": "PXBarrel", "ls_number": 78, "entries__gte": 100}
CLIENTS = ("dataset_index", "file_index", "h1d", "h2d", "lumi", "run", "ml_models_index", "ml_bad_lumis")


def got(dials, models) -> dict[str, object]:
    """Single rows."""
    file = dials.file_index.list().results[0]
    of_run = {"dataset_id": PROMPT, "run_number": RUN}
    return {
        "file": dials.file_index.get(dataset_id=file.dataset_id, file_id=file.file_id).status,
        "h1d": dials.h1d.get(**of_run, ls_number=100, me_id=1).x_bin,
        "h2d": len(dials.h2d.get(**of_run, ls_number=100, me_id=57).data),
        "lumi": dials.lumi.get(**of_run, ls_number=10).th1_count,
        "run": dials.run.get(**of_run).ls_count,
        "model": models.ml_models_index.get(model_id=7).name,
        "flag": models.ml_bad_lumis.get(model_id=7, **of_run, ls_number=310).metric_value,
        "retries": dials.h1d.get(**of_run, ls_number=10, me_id=1, retries=Retry(total=3)).entries,
    }


def counted(dials, models) -> dict[str, int]:
    """Numbers of rows of lists."""
    flagged = {"model_id__in": [7, 2], "dataset_id__in": [PROMPT], "run_number__in": FLAGGED, "page_size": 500}
    lists = {
        "datasets": dials.dataset_index.list_all(by.DatasetIndexFilters(page_size=500)),
        "files": dials.file_index.list(by.FileIndexFilters(dataset__regex="2018A")),
        "h1d of a name": dials.h1d.list_all(by.LumisectionHistogram1DFilters(me=CHARGE), max_pages=5),
        "h2d of a lumisection": dials.h2d.list_all(by.LumisectionHistogram2DFilters(**MAPS), max_pages=5),
        "lumi of a run": dials.lumi.list_all(by.LumisectionFilters(run_number=RUN), max_pages=5),
        "runs": dials.run.list_all(by.RunFilters(run_number__gte=315300, run_number__lte=315400), max_pages=5),
        "models": models.ml_models_index.list_all(by.MLModelsIndexFilters(active=True)),
        "flags": models.ml_bad_lumis.list_all(by.MLBadLumisectionFilters(**flagged)),
    }
    pages = {name: getattr(dials, name).list() for name in CLIENTS}
    return {name: len(page.results) for name, page in (lists | pages).items()} | {"mes": len(dials.mes.list())}


def resumed(dials) -> list[int]:
    """Rows after two pages, rows after four, and different ones among these."""
    wanted = {"max_pages": 2, "keep_failed": True}
    first = dials.h2d.list_all(by.LumisectionHistogram2DFilters(**MAPS), **wanted)
    before = len(first.results)
    rest = dials.h2d.list_all(by.LumisectionHistogram2DFilters(**MAPS), **wanted, resume_from=first)
    return [before, len(rest.results), len({(row.dataset_id, row.run_number, row.me_id) for row in rest.results})]


def main(base_url: str) -> dict[str, object]:
    """Make all calls."""
    address = {"base_url": f"{base_url}/dials/"}
    credentials = Credentials("certhelper", "sandbox", client=AuthClient(keycloak_url=f"{base_url}/sso/auth/"))
    dials, models = (Dials(credentials, workspace=name, **address) for name in ("tracker", "global"))
    wanted = {"model_id__in": [7], "dataset_id__in": [PROMPT], "run_number__in": FLAGGED}
    return {
        "got": got(dials, models),
        "counted": counted(dials, models),
        "resumed": resumed(dials),
        "golden": models.ml_bad_lumis.golden_json(**wanted),
        "cert": len(models.ml_bad_lumis.cert_json(**wanted)[str(RUN)]),
        "workspaces": [dials.workspace.list(), dials.workspace.my_workspace()],
        "secret": len(Dials(Secret(token="sandbox"), **address).run.list().results),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1])))
