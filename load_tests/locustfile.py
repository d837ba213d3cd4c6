"""Partners of the API for Locust: each asks once a second, whatever the last answer took."""

from __future__ import annotations

import os
import random

from locust import HttpUser, constant_throughput, task
from scenario import CATALOGUE_PAGE, QUESTIONS

_KEY = os.environ["KINDRED_API_KEY"]
TIMEOUT_SECONDS = 30


class Partner(HttpUser):
    wait_time = constant_throughput(1)

    def on_start(self) -> None:
        """Reads a page of the catalogue, so that questions are of categories that it has."""
        self.dice = random.Random()  # noqa: S311
        self.client.headers["x-api-key"] = _KEY
        answer = self.client.get(
            "/api/v1/apps",
            params={"limit": CATALOGUE_PAGE},
            name="catalogue",
            timeout=TIMEOUT_SECONDS,
        )
        apps = answer.json()["apps"] if answer.ok else []
        self.categories = sorted({app["category"] for app in apps if app["category"]}) or ["games"]

    @task
    def ask(self) -> None:
        question = self.dice.choice(QUESTIONS)(self.dice, self.categories)
        self.client.post(
            f"/{question.path}",
            json=question.body,
            name=question.name,
            timeout=TIMEOUT_SECONDS,
        )
