"""What the functions meet: moto for AWS, and a server of our own for Slack and PagerDuty."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from moto import mock_aws

# Powertools reads them when a handler's module is imported, as Lambda does with its environment.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Kindred")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "operations")

REGION = "us-east-1"
STAGE = "Kindred-prod"


@pytest.fixture
def aws(monkeypatch):
    """Clients, the queue that hears the report topic, and the environment of the functions."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("ENVIRONMENT", "prod")
    monkeypatch.setenv("METRICS_NAMESPACE", "Kindred")
    monkeypatch.setenv("STAGE", STAGE)
    monkeypatch.setenv("COSTS_ARE_KNOWN", "false")
    with mock_aws():
        _forget()
        yield _reports(monkeypatch)
        _forget()


def _forget():
    from operations_functions import export_logs, notice_settings, report_settings

    for module in (export_logs, notice_settings, report_settings):
        for made in vars(module).values():
            if hasattr(made, "cache_clear"):
                made.cache_clear()
    parameters.clear_caches()


def _reports(monkeypatch):
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="reports")["TopicArn"]
    queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    monkeypatch.setenv("REPORT_TOPIC_ARN", topic)

    def mailed():
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    return SimpleNamespace(mailed=mailed)


@pytest.fixture
def due():
    """What EventBridge Scheduler sends."""
    return lambda at: {"scheduled_at": f"{at}T06:30:00Z"}


@pytest.fixture
def outside():
    """A service of the web: keeps what it is sent, and answers what `answers` says next."""
    asked, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((dict(self.headers), body))
            status, answer = answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_words):
            """Nothing on the test's output."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield SimpleNamespace(
        url=f"http://127.0.0.1:{server.server_port}/", asked=asked, answers=answers
    )
    server.shutdown()
    thread.join()
    server.server_close()
