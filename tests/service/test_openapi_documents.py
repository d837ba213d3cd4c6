"""The documents that are kept are the services' own: what is promised is what runs."""

import pytest

from ops.openapi.commands import ACCEPTED, accepted_changes
from ops.openapi.documents import SERVICES, generated, kept


@pytest.mark.parametrize("service", SERVICES)
def test_a_document_is_as_its_service_gives_it(service):
    assert generated(service) == kept(service), "run `kindred openapi write`"


def test_what_is_accepted_says_by_whom_and_why():
    assert isinstance(accepted_changes(ACCEPTED), set)
