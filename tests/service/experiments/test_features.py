import pytest
from fastapi.testclient import TestClient

from experiments_service.main import create_app
from tests.service.experiments.evaluation_fixtures import (
    CLIENT_KEY,
    collaborators,
    definitions,
    published,
)

PATH = f"/api/features/{CLIENT_KEY}"


def test_the_payload_is_the_one_that_is_evaluated_here(client):
    response = client.get(PATH)

    assert response.status_code == 200
    payload = published().snapshot.payload
    assert {name: response.json()[name] for name in payload} == payload
    assert response.headers["cache-control"] == "public, max-age=30"
    assert response.headers["access-control-allow-origin"] == "*"


def test_an_unchanged_payload_is_not_sent_again(client, held):
    tag = client.get(PATH).headers["etag"]

    again = client.get(PATH, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)

    held.publisher.held = published(definitions(2, flags=()))
    assert client.get(PATH, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("key", ["sdk-other", "ключ", "x" * 200])
def test_another_client_key_is_refused(client, key):
    response = client.get(f"/api/features/{key}")

    assert response.status_code in (401, 422)
    assert response.headers["content-type"] == "application/problem+json"
    assert CLIENT_KEY not in response.text


def test_before_anything_was_published_it_says_when_to_ask_again():
    response = TestClient(create_app(collaborators(None))).get(PATH)

    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert response.json()["type"] == "urn:kindred:problem:nothing-published"
