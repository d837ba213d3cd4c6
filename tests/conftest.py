"""What every test shares."""

import functools
from pathlib import Path

import botocore.loaders
import botocore.session
import pytest

# A client of its own for each test is wanted; reading AWS's service models anew for each is not.
botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)

# What is costly is made once: each of these goes whole to one process of a run with several.
ROOMS = ("infrastructure", "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The templates' tests are one group, those of the platform another, other files their own."""
    for item in items:
        room = Path(item.path).parent.name
        if room in ROOMS:
            alone = room == "local" and "platform" not in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group(item.path.name if alone else room))
