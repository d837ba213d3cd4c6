"""The id by which a client and the functions' API speak of one request."""

from __future__ import annotations

import pytest

from rollout_functions.api_requests import respond
from tests.unit.rollout_functions.proxy_events import REQUEST_ID, proxy_event


def answered(**headers):
    event = proxy_event("GET", "/deployments", headers=headers)
    answer = respond(event, "deployments", lambda _: {"statusCode": 200, "headers": {}})
    return answer["headers"]["x-correlation-id"]


def test_the_client_s_own_id_comes_back():
    assert answered(**{"X-Correlation-Id": "edge-7"}) == "edge-7"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129])
def test_one_that_cannot_be_used_is_replaced_by_the_gateway_s(given):
    assert answered(**{"x-correlation-id": given}) == REQUEST_ID
    assert answered() == REQUEST_ID
