"""How many queries the pages of policies take."""

import json

import pytest
from django.utils import timezone

from golden.actions import make_file
from golden.models import PolicyVersion
from tests.golden.stored import ACTIVE, ENERGY, FLAGS, certification, policy

pytestmark = pytest.mark.django_db
LOGIC = json.dumps({"and": [ENERGY, ACTIVE, *FLAGS]})


@pytest.mark.parametrize(
    ("method", "path", "count"),
    [
        ("get", "policies/tracker2018/", 4),
        ("get", "policies/tracker2018/?version=1&compare=2", 4),
        ("get", "policies/tracker2018/edit/", 3),
        ("get", "policies/tracker2018/edit/?version=1", 4),
        ("get", "policies/new/", 2),
        ("post", "convert/", 3),
        ("post", "preview/", 8),
        ("post", "preview/?format=json", 8),
    ],
)
def test_policy_pages_take_a_fixed_number_of_queries(expert_client, django_assert_num_queries, method, path, count):
    certification(315300)
    policy()
    policy({"and": [ENERGY, *FLAGS]})
    for number in range(3):
        certification(315310 + number)
        make_file(None, PolicyVersion.objects.first(), timezone.now())
    fields = {"policy": "tracker2018", "logic": LOGIC} if method == "post" else {}
    with django_assert_num_queries(count):
        getattr(expert_client, method)(f"/golden/{path}", fields or None)
