"""The row of a reconstruction, which certifications and references share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from certify.models import RunReconstruction
from certify.models.choices import Reconstruction
from infrastructure.database.compiled_query import PLACEHOLDER, PrecompiledQuery

if TYPE_CHECKING:
    from oms.models import OmsRun

_reconstruction_query: PrecompiledQuery[RunReconstruction] = PrecompiledQuery(
    lambda run, name: RunReconstruction.objects.select_for_update().filter(run_id=run, reconstruction=name).order_by(),
    *(PLACEHOLDER, "the name"),
)


def lock_reconstruction(run: OmsRun, reconstruction: str) -> RunReconstruction:
    """Get or create the row of this reconstruction, locked until the transaction ends."""
    name = Reconstruction(reconstruction).value
    if existing := _reconstruction_query.first(run.run_number, name):
        return existing
    try:
        with transaction.atomic():
            return RunReconstruction.objects.create(run=run, reconstruction=name)
    except IntegrityError:  # another transaction created it meanwhile
        return RunReconstruction.objects.select_for_update().get(run=run, reconstruction=name)
