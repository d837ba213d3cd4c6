"""The check, run against a server that answers as the API does, and as it should not."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from synthetic_checks.python import check_api
from synthetic_checks.python.check_api import CheckFailed

PROMISED = {
    "/api/v1/apps?limit=1": {"apps": [{"app_id": "app-1", "app_name": "Notes"}], "total": 1},
    "/api/v1/predict": {"ab_arm": "v1", "prediction": {"score": 0.02}},
    "/api/features/client-1": {"features": {}},
}


class Aws:
    """Both clients that the check makes."""

    def __init__(self, service):
        self.service = service

    def get_api_key(self, *, apiKey, includeValue):
        assert (self.service, includeValue) == ("apigateway", True)
        return {"value": f"value of {apiKey}"}

    def get_secret_value(self, *, SecretId):
        assert (self.service, SecretId) == ("secretsmanager", "secret-arn")
        return {"SecretString": "client-1"}


@pytest.fixture
def api(monkeypatch):
    """`answers` are by path; a number is an error status."""
    answers, asked = dict(PROMISED), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("Content-Length", 0))
            asked.append((self.path, self.headers["x-api-key"], self.rfile.read(length)))
            answer = answers[self.path]
            self.send_response(answer if isinstance(answer, int) else 200)
            self.end_headers()
            said = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.wfile.write(said)

        do_POST = do_GET  # noqa: N815 (the library's name)

        def log_message(self, *_words):
            """Nothing on the test's output."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("API_URL", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("CLIENT_KEY_SECRET_ARN", "secret-arn")
    monkeypatch.setenv("API_KEY_ID", "key-id")
    monkeypatch.setattr(check_api.boto3, "client", Aws)
    yield answers, asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_three_services_are_asked_as_a_client_asks_them(api):
    _, asked = api

    took = check_api.handler({}, None)

    assert [(path, key) for path, key, _ in asked] == [
        ("/api/v1/apps?limit=1", "value of key-id"),
        ("/api/v1/predict", "value of key-id"),
        ("/api/features/client-1", None),
    ]
    assert json.loads(asked[1][2]) == {"partner_id": "synthetic-check", "app_id": "app-1"}
    assert took.keys() == {"apps", "predict", "features"}


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        pytest.param("/api/v1/apps?limit=1", 503, "apps: 503", id="a service is away"),
        pytest.param("/api/v1/apps?limit=1", {"apps": []}, "apps: .* with", id="no catalogue"),
        pytest.param("/api/v1/predict", 429, "predict: 429", id="throttled"),
        pytest.param("/api/v1/predict", {"prediction": {}}, "score: .*None", id="no score"),
        pytest.param("/api/v1/predict", [1], "predict: answered list", id="another shape"),
        pytest.param("/api/features/client-1", b"<html>", "features: ", id="no JSON"),
        pytest.param("/api/features/client-1", {}, "features: ", id="no flags"),
    ],
)
def test_what_was_not_promised_fails_the_run_and_says_why(api, path, answer, said):
    answers, _ = api
    answers[path] = answer

    with pytest.raises(CheckFailed, match=said):
        check_api.handler({}, None)


def test_an_api_that_is_not_there_fails_the_run(api, monkeypatch):
    monkeypatch.setenv("API_URL", "http://127.0.0.1:9")

    with pytest.raises(CheckFailed, match="apps: "):
        check_api.handler({}, None)
