"""Runs of the house whose figures are added up."""

from tests.incidents.conftest import desk as desk  # the fixture
from tests.runtime.conftest import bench as bench
from tests.supervision.conftest import house as house
