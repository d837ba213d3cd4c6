"""Reports are written under their functions' roles, and the check from outside passes here too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from synthetic_checks.python import check_api
from tests.local.invocation import invoke
from tests.local.local_platform import LocalPlatform, wait_until
from tests.local.topic_listener import TopicListener, listening

pytestmark = pytest.mark.slow


@pytest.fixture
def mail(platform: LocalPlatform) -> Iterator[TopicListener]:
    with listening(platform, platform.outputs["ReportTopicArn"]) as mail:
        yield mail


@pytest.mark.parametrize(
    ("function", "said"),
    [
        pytest.param("SummarizeDay", "against the same day a week before", id="of a day"),
        pytest.param("ReportExperiments", "Models, embedding_v1_vs_v2", id="of a week"),
    ],
)
def test_a_report_is_mailed_by_a_function_that_may(
    platform: LocalPlatform, mail: TopicListener, function: str, said: str
) -> None:
    # The morning after today: a report is of a day that is over.
    due = datetime.now(UTC).replace(hour=6, minute=30) + timedelta(days=1)

    invoke(platform, f"{function}FunctionName", {"scheduled_at": due.isoformat()})

    heard: list[dict[str, Any]] = []

    def arrived() -> bool:
        heard.extend(mail.receive())
        return bool(heard)

    wait_until(arrived)
    assert heard[0]["Subject"].startswith("Kindred local: ")
    assert said in heard[0]["Message"]


def test_the_check_from_outside_passes_on_a_platform_that_answers(
    platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = platform.session()
    monkeypatch.setattr(boto3, "client", lambda service: platform.aws(service, session))
    monkeypatch.setenv("API_URL", platform.file["api_url"])
    monkeypatch.setenv("API_KEY_ID", platform.outputs["ApiKeyId"])
    monkeypatch.setenv("CLIENT_KEY_SECRET_ARN", platform.outputs["ClientKeySecretArn"])

    assert check_api.handler({}, None).keys() == {"apps", "predict", "features"}
