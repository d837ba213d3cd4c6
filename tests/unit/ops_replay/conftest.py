import pytest

from tests.unit.ops_replay.fake_platform import Platform


@pytest.fixture
def platform():
    return Platform()
