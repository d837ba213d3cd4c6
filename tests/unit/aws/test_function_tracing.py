"""Calls of a function, as its own daemon of X-Ray is told of them."""

from __future__ import annotations

import json
import socket

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from kindred_aws.function_tracing import current_traceparent, traced_session

TRACE, FUNCTION = "5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
HEADER = f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={FUNCTION};Sampled="


@pytest.fixture
def daemon(monkeypatch):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as received:
        received.bind(("127.0.0.1", 0))
        received.setblocking(False)
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"127.0.0.1:{received.getsockname()[1]}")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        yield received


@pytest.fixture
def queue():
    return traced_session().create_client(
        "sqs", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def answers(client, status, body=b"{}"):
    """Instead of AWS, from below everything that a client does with a call."""

    class Raw:
        def stream(self):
            return iter([body])

    client.meta.events.register(
        "before-send", lambda request, **_: AWSResponse(request.url, status, {}, Raw())
    )


def told(daemon):
    header, document = daemon.recv(65_536).split(b"\n", 1)
    assert json.loads(header) == {"format": "json", "version": 1}
    return json.loads(document)


def test_a_call_is_a_part_of_the_invocation(daemon, queue, monkeypatch):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"{HEADER}1")
    answers(queue, 200)
    queue.list_queues()

    document = told(daemon)
    assert document["parent_id"] == FUNCTION
    assert (document["name"], document["aws"]["operation"]) == ("sqs", "ListQueues")
    assert not document["fault"]


def test_a_call_that_is_refused_says_so(daemon, queue, monkeypatch):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"{HEADER}1")
    answers(queue, 403, b'{"__type": "AccessDenied"}')
    with pytest.raises(ClientError):
        queue.list_queues()

    assert told(daemon)["error"] is True


@pytest.mark.parametrize("sampled", [f"{HEADER}0", ""], ids=["not kept", "no trace at all"])
def test_what_is_not_traced_is_not_told(daemon, queue, monkeypatch, sampled):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", sampled)
    answers(queue, 200)
    queue.list_queues()

    with pytest.raises(BlockingIOError):
        daemon.recv(65_536)


def test_without_a_daemon_calls_go_on(queue, monkeypatch):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"{HEADER}1")
    monkeypatch.delenv("AWS_XRAY_DAEMON_ADDRESS", raising=False)
    answers(queue, 200, b'{"QueueUrls": ["q"]}')

    assert queue.list_queues()["QueueUrls"] == ["q"]


def test_what_an_invocation_sends_on_names_its_trace(monkeypatch):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"{HEADER}1")
    assert current_traceparent() == f"00-{TRACE}-{FUNCTION}-01"
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    assert current_traceparent() is None
