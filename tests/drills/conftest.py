"""Fire drills under all rules of the house, with the demo company's agents."""

from tests.supervision.conftest import shop as shop
