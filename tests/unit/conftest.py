"""What every unit test shares."""

from typing import Any

import pytest
from moto import mock_aws
from moto.core.serialize import BaseJSONSerializer

_serialize_structure = BaseJSONSerializer._serialize_type_structure


def _serialize(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """As Moto does, which looks in each value of an item for ten kinds under ten spellings of each.

    That is a third of the time of a test with DynamoDB.
    """
    if shape.name != "AttributeValue" or not isinstance(value, dict) or len(value) != 1:
        _serialize_structure(self, serialized, value, shape, key)
        return
    [(kind, held)] = value.items()
    serialized[key] = {}
    self._serialize(serialized[key], held, shape.members[kind], kind)


BaseJSONSerializer._serialize_type_structure = _serialize  # type: ignore[method-assign]


@pytest.fixture
def aws(monkeypatch):
    """In memory, wherever the shell's own account or emulator is."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield
