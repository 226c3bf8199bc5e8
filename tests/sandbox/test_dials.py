"""The stand-in of DIALS: who may read, filters, pages, workspaces, settings and faults."""

from __future__ import annotations

import time

import pytest
import requests

from sandbox.dials.access import AUDIENCE
from sandbox.faults import MODES

PROMPT, RUN = 14000102, 315357
NMF = 7


class Dials:
    """DIALS as an application with a token asks it."""

    def __init__(self, sandbox):
        self.url = f"{sandbox.base_url}/dials/api/v1/"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {sandbox.token(AUDIENCE)}"

    def ask(self, path, workspace="tracker", **parameters):
        headers = {"Workspace": workspace} if workspace else {}
        return self.session.get(self.url + path, params=parameters, headers=headers, timeout=10)

    def rows(self, path, workspace="tracker", **parameters):
        return self.ask(path, workspace, **parameters).json()["results"]


@pytest.fixture
def dials(sandbox):
    """DIALS with a valid token."""
    return Dials(sandbox)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 403, "authorization_not_found"),
        ({"Authorization": "Bearer nonsense"}, 500, None),
        ({"Authorization": "Bearer {foreign}"}, 403, "token_not_valid"),
        ({"X-CLIENT-SECRET": "wrong"}, 403, "token_not_valid"),
        ({"X-CLIENT-SECRET": "sandbox"}, 200, None),
        ({"Authorization": "Bearer {own}"}, 200, None),
    ],
)
def test_readers_need_a_token_for_the_audience_or_the_secret(sandbox, headers, status, code):
    tokens = {"foreign": sandbox.token("cmsoms-prod"), "own": sandbox.token(AUDIENCE)}
    headers = {name: value.format(**tokens) for name, value in headers.items()}
    answer = requests.get(f"{sandbox.base_url}/dials/api/v1/run/", headers=headers, timeout=10)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html" if status == 500 else "application/json")
    if code:
        assert answer.json()["code"] == code


def test_revoked_and_expired_tokens_are_refused(sandbox, dials):
    assert dials.ask("run/").status_code == 200
    sandbox.revoke_tokens(lifetime=0.01)
    assert dials.ask("run/").json()["code"] == "token_not_valid"
    short = Dials(sandbox)
    until = time.time() + 2
    while short.ask("run/").status_code == 200 and time.time() < until:
        time.sleep(0.01)
    assert short.ask("run/").json() == {"detail": "Access token has expired.", "code": "access_token_expired"}


def test_pages_have_every_lumisection_once(dials):
    found, token, sizes = [], None, []
    while True:
        page = dials.ask("lumisection/", dataset_id=PROMPT, run_number=RUN, page_size=5000, next_token=token).json()
        found += [row["ls_number"] for row in page["results"]]
        sizes.append(len(page["results"]))
        if page["next"] is None:
            break
        token = requests.utils.unquote(page["next"].split("next_token=")[1].split("&")[0])
    assert sizes == [500, 348]
    assert found == list(range(1, 849))
    back = dials.session.get(page["previous"], timeout=10).json()
    assert [row["ls_number"] for row in back["results"]] == list(range(1, 501))
    assert back["previous"] is None


def test_several_elements_come_interleaved_by_lumisection(dials):
    rows = dials.rows("th1/", dataset_id=PROMPT, run_number=RUN, me__regex="charge_PXLayer_[12]", ls_number__gte=100)
    assert [(row["ls_number"], row["me_id"]) for row in rows[:4]] == [(100, 1), (100, 2), (101, 1), (101, 2)]
    assert len(rows) == 10


def test_misspelt_filter_has_no_effect(dials):
    limited = dials.rows("th1/", dataset_id=PROMPT, run_number=RUN, me_id=1, ls_number__lte=3, fields="ls_number")
    assert limited == [{"ls_number": 1}, {"ls_number": 2}, {"ls_number": 3}]
    every = dials.rows("th1/", dataset_id=PROMPT, run_number=RUN, me_id=1, ls_numbet__lte=3, fields="ls_number")
    assert len(every) == 10


def test_plus_of_a_name_is_escaped_in_a_regular_expression(dials):
    assert dials.ask("mes/", me__regex="charge_PXDisk_+1").json() == []
    assert len(dials.ask("mes/", me__regex=r"charge_PXDisk_\+1").json()) == 1
    assert len(dials.ask("mes/", me="PixelPhase1/Tracks/PXForward/charge_PXDisk_+1").json()) == 1


def test_filters_of_the_other_resources(dials):
    assert dials.ask("lumisection/count/", run_number=RUN, dataset_id=PROMPT).json() == {"count": 848}
    assert {row["run_number"] for row in dials.rows("run/", run_number__gte=315357, run_number__lte=315360)} == {RUN}
    assert len(dials.rows("dataset-index/", dataset__regex="^/ZeroBias/.*-PromptReco-v[0-9]+/DQMIO$")) == 1
    (pending,) = dials.rows("file-index/", status="PENDING", dataset_id=PROMPT)
    assert "/000/315/264/" in pending["logical_file_name"]
    files = dials.rows("file-index/", dataset_id=PROMPT, logical_file_name__regex="315/357", min_size=1000)
    assert [row["file_size"] for row in files] == [848 * 730_000]
    of_file = {"file_id": files[0]["file_id"], "me_id": 1, "entries__gte": 1, "fields": "run_number,ls_number"}
    assert dials.rows("th1/", **of_file)[0] == {"run_number": RUN, "ls_number": 44}


@pytest.mark.parametrize("path", ["run/1/2/", "th1/14000102/315357/9999/1/", "mes/999/", "file-index/14000102/1/"])
def test_row_that_is_not_there_is_404(dials, path):
    answer = dials.ask(path)
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith("matches the given query.")


@pytest.mark.parametrize("path", ["h1d/", "run/x/", "dataset-index/14000102/1/", "ml-bad-lumisection/1/2/"])
def test_unknown_address_is_a_page(dials, path):
    answer = dials.ask(path)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (404, "text/html")


def test_address_without_the_final_slash_is_redirected(dials):
    answer = dials.ask("run", run_number=RUN)
    assert [response.status_code for response in answer.history] == [301]
    assert len(answer.json()["results"]) == 4


def test_workspaces_have_their_own_elements_and_models(dials):
    assert len(dials.ask("mes/").json()) == 57
    elements = dials.ask("mes/", "global").json()
    assert {row["me_id"] for row in elements} == {301, 302}
    assert [row["id"] for row in dials.rows("ml-models-index/", active=True)] == [2]
    assert [row["id"] for row in dials.rows("ml-models-index/", "global")] == [NMF]
    assert dials.ask("mes/", "jetmet").json() == dials.rows("th1/", "jetmet") == []
    assert dials.rows("run/", None) == dials.rows("run/", "tracker")
    unknown = dials.ask("run/", "nope")
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Workspace 'nope' not found"})


def test_run_is_in_express_first_and_cosmics_nowhere(dials):
    assert [row["dataset_id"] for row in dials.rows("run/", run_number=316082)] == [14000101]
    assert dials.rows("run/", run_number=316187) == []  # its lumisections are not known
    assert dials.rows("run/", run_number=316029) == []


def test_shape_is_a_setting(sandbox, dials):
    assert "ls_completeness" in dials.rows("run/")[0]
    assert sandbox.dials(shape="1.12")["shape"] == "1.12"
    assert "ls_completeness" not in dials.rows("run/")[0]
    assert requests.delete(f"{sandbox.base_url}/_sandbox/dials", timeout=10).json()["shape"] == "2.x"


def test_golden_json_of_two_datasets_is_broken_in_the_old_shape_only(sandbox, dials):
    wanted = {"model_id__in": [2], "dataset_id__in": [14000101, PROMPT], "run_number__in": [315556]}
    answer = dials.session.post(f"{dials.url}ml-bad-lumisection/golden-json/", json=wanted, timeout=10)
    assert answer.json() == {"315556": [[1, 8], [10, 16], [18, 22], [24, 26]]}
    sandbox.dials(shape="1.12")
    asked = {name: ",".join(map(str, numbers)) for name, numbers in wanted.items()}
    assert dials.ask("ml-bad-lumisection/golden-json/", **asked).json()["315556"][:3] == [[1, 1], [1, 2], [2, 3]]
    assert dials.ask("ml-bad-lumisection/golden-json/").status_code == 500


def test_run_grows_with_the_setting(sandbox, dials):
    address = f"run/{PROMPT}/315264/"
    assert dials.ask(address).json()["ls_completeness"] == pytest.approx(0.6, abs=0.01)
    sandbox.dials(ingested={"315264": 1})
    assert dials.ask(address).json()["ls_count"] == 261
    sandbox.dials(ingested={"315264": 0})
    assert dials.ask(address).status_code == 404


@pytest.mark.parametrize(
    ("body", "named"), [({"shape": "3"}, "shape"), ({"colour": 1}, "colour"), ({"ingested": {"1": 2}}, "ingested")]
)
def test_invalid_setting_is_400_with_a_message(sandbox, body, named):
    answer = requests.post(f"{sandbox.base_url}/_sandbox/dials", json=body, timeout=10)
    assert answer.status_code == 400
    assert named in answer.json()["error"]


def test_page_of_the_sandbox_lists_dials(sandbox):
    text = requests.get(f"{sandbox.base_url}/_sandbox/", timeout=10).text
    assert "/dials/api/v1" in text
    assert 'aria-label="DIALS: hang"' in text


@pytest.mark.parametrize("mode", MODES)
def test_fault_changes_one_answer(sandbox, dials, mode):
    usual = dials.ask("run/", None).text
    sandbox.faults("dials", mode, seconds=0.05, count=1)
    try:
        answer = dials.session.get(f"{dials.url}run/", timeout=10, allow_redirects=False)
    except requests.RequestException:
        assert mode in ("refuse", "hang", "stall", "reset")
    else:
        assert (answer.text == usual) == (mode == "slow")
    assert dials.ask("run/", None).text == usual


def test_faults_have_the_answers_of_dials(sandbox, dials):
    def ask(mode, path="run/"):
        sandbox.faults("dials", mode)
        return dials.ask(path)

    assert "<h1>Server Error (500)</h1>" in ask("500").text
    assert [ask(mode).json()["code"] for mode in ("401", "403")] == ["token_not_valid"] * 2
    assert ask("not-found").json()["results"] == []
    assert dials.ask(f"run/{PROMPT}/{RUN}/").json() == {"detail": "No Run matches the given query."}
    row = ask("bad-values", f"th1/?dataset_id={PROMPT}&run_number={RUN}&ls_number=100&me_id=1").json()["results"][0]
    assert (row["me"], row["x_max"], row["entries"] < 0, row["ls_number"]) == (None, None, True, 100)
