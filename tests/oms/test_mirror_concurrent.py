"""Concurrent workers that read the same new runs."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from infrastructure.http.budget import Budget
from oms import mirror
from oms.models import OmsFill, OmsRun
from sandbox import world


@pytest.mark.django_db(transaction=True)
def test_concurrent_reads_of_the_same_runs_store_one_row_each(sandbox):
    if connection.vendor == "sqlite":
        pytest.skip("the test database is in memory, which threads cannot share")
    numbers = sorted(world.runs())[-60:]

    def read(index):
        try:
            return mirror.runs_for_page(numbers if index % 2 else numbers[::-1], Budget(20))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        pages = list(pool.map(read, range(12)))
    assert [page.problem for page in pages] == [None] * 12
    assert sorted(OmsRun.objects.values_list("pk", flat=True)) == numbers
    with_fill = {row["fill_number"] for number, row in world.runs().items() if number in numbers} - {None}
    assert set(OmsFill.objects.values_list("pk", flat=True)) == with_fill
