"""The command `golden`: exactly the bytes of a file, and what is wrong."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from golden.models import GoldenFile
from tests.golden.stored import certification, policy

pytestmark = pytest.mark.django_db


def _golden(*arguments, **options):
    out, err = StringIO(), StringIO()
    call_command("golden", *arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_command_writes_exactly_the_file(clock, tmp_path):
    certification(315300, strip_ranges=[[5, 6]])
    policy(layout="wrap80")
    expected = '{\n  "315300": [[1, 4], [7, 100]]\n}'
    content, messages = _golden("tracker2018")
    assert content == expected
    assert "1 of 1 certifications" in messages and "1 runs, 98 lumisections" in messages
    assert _golden("tracker2018", output=str(tmp_path / "x.json"), layout="lumilist")[0] == ""
    assert (tmp_path / "x.json").read_text() == '{"315300": [[1, 4], [7, 100]]}\n'
    assert "made again, equal" in _golden(verify=GoldenFile.objects.first().pk)[1]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ([], {}, "Give the name of a policy"),
        (["nope"], {}, "There is no policy nope.*There are: tracker2018"),
        (["tracker2018"], {"as_of": "yesterday"}, "is no time"),
        (["tracker2018"], {"as_of": "0001-01-01T00:00+14:00"}, "is no time"),
        (["tracker2018"], {"as_of": "2017-01-01"}, "There is no policy tracker2018 as of 2017-01-01"),
        (["tracker2018"], {"layout": "nice"}, "There is no layout 'nice'"),
        ([], {"verify": 99}, "There is no file 99"),
    ],
)
def test_command_says_what_is_wrong(clock, arguments, options, message):
    policy()
    with pytest.raises(CommandError, match=message):
        _golden(*arguments, **options)
