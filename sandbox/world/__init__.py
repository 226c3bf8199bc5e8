"""Data of the sandbox: runs, fills and lumisections of CMS, 13 April to 13 May 2018, and derived values.

README.md gives the source of each value. Rows are dictionaries with the attribute names of OMS; unknown values are
None.
"""

from sandbox.world.fills import fills
from sandbox.world.lumisections import Lumisections, lumisections_of, lumisections_rows
from sandbox.world.runs import golden_ranges, runs

__all__ = ["Lumisections", "fills", "golden_ranges", "lumisections_of", "lumisections_rows", "runs"]
