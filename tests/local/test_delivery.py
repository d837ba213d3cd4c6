"""What the pipeline asks of a deployed environment, asked of the platform on this machine."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest

from load_tests.scenario import QUESTIONS
from tests.local.local_platform import KINDRED, ROOT, LocalPlatform

ROUNDS = 10


def test_the_smoke_test_passes(platform: LocalPlatform) -> None:
    answer = subprocess.run(
        [str(KINDRED), "delivery", "smoke", "--url", platform.file["api_url"]],
        env={**os.environ, "KINDRED_API_KEY": platform.file["api_key"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout.count("ok ") == 6


@pytest.mark.slow
def test_the_end_to_end_tests_of_a_deployed_environment_pass(platform: LocalPlatform) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/deployed"],
        cwd=ROOT,
        env={
            **os.environ,
            "KINDRED_URL": platform.file["api_url"],
            "KINDRED_API_KEY": platform.file["api_key"],
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.__name__)
def test_every_question_of_the_load_test_is_one_that_the_platform_answers(
    platform: LocalPlatform, question
) -> None:
    dice = random.Random(7)
    with platform.client() as client:
        apps = client.get("api/v1/apps", params={"limit": 100}).json()["apps"]
        categories = sorted({app["category"] for app in apps if app["category"]})
        for _ in range(ROUNDS):
            asked = question(dice, categories)
            answer = client.post(asked.path, json=asked.body)
            assert answer.status_code == 200, (asked, answer.text)
