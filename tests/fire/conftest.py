"""A console for a file's tests: starting one takes seconds."""

import sys
from collections.abc import Callable, Iterator

import pytest

from tests.fire.stack import Stack, burning

Told = Callable[[str], None]


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Told:
    """Says a figure at the end of the tests, whichever process ran them."""
    return lambda figure: request.node.user_properties.append(("figure", figure))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    with burning(tmp_path_factory.mktemp("fire")) as running:
        yield running
