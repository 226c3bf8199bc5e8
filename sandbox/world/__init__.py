"""The sandbox's world: runs, fills and lumisections of CMS, 13 April to 13 May 2018, and what is derived from them.

README.md says where each figure comes from and what is made up. Rows are plain dictionaries with OMS's names;
a figure that is not known is None.
"""

from sandbox.world.fills import fills
from sandbox.world.lumisections import Lumisections, lumisections_of, lumisections_rows
from sandbox.world.runs import golden_ranges, runs

__all__ = ["Lumisections", "fills", "golden_ranges", "lumisections_of", "lumisections_rows", "runs"]
