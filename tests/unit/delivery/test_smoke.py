"""A deployment that answers wrongly, or not at all, does not pass for one that answers."""

import json

import httpx
import pytest

from ops.delivery.api_access import ApiAccess
from ops.delivery.smoke import failures, smoke

ACCESS = ApiAccess(url="https://api.example/public/", key="key")
PROBLEM = {"content-type": "application/problem+json"}


def platform(**changes):
    """A platform that answers rightly, but for what is changed."""

    def answer(request):
        path = request.url.path.removeprefix("/public/")
        if request.headers.get("x-api-key") != "key":
            return httpx.Response(changes.get("keyless", 403))
        if path == "api/v1/apps":
            return httpx.Response(200, json={"apps": changes.get("apps", [{"category": "games"}])})
        if path.startswith("ofrep"):
            return httpx.Response(changes.get("flags", 200), json={"flags": []})
        asked = json.loads(request.content)
        if asked.get("top_k", 0) > 100:
            return httpx.Response(422, headers=changes.get("problem", PROBLEM))
        if path == "api/v1/predict" and "top_k" in asked:
            return httpx.Response(422, text="a prediction takes no top_k")
        if path == "api/v1/predict":
            prediction = {"score": 3, "interval": changes.get("interval", {"low": 1, "high": 5})}
            return httpx.Response(200, json={"prediction": prediction, "ab_arm": "v1"})
        found = [{"similarity": each} for each in changes.get("similarities", [0.9, 0.8])]
        body = {"neighbors": found, "ab_arm": changes.get("arm", "v1")}
        return httpx.Response(changes.get("similar", 200), json=body)

    return httpx.MockTransport(answer)


def wrong(**changes):
    return {
        each.name: each.wrong for each in failures(smoke(ACCESS, transport=platform(**changes)))
    }


def test_a_platform_that_answers_passes():
    assert wrong() == {}


@pytest.mark.parametrize(
    ("changes", "name", "said"),
    [
        pytest.param({"apps": []}, "the catalogue has apps", "empty", id="no apps"),
        pytest.param({"similar": 503}, "similar apps are found", "503", id="a service is down"),
        pytest.param({"similarities": []}, "similar apps are found", "no neighbour", id="nothing"),
        pytest.param(
            {"similarities": [0.1, 0.9]}, "similar apps are found", "not in order", id="disorder"
        ),
        pytest.param(
            {"interval": {"low": 4, "high": 5}},
            "a prediction is made, by the same arm",
            "score 3 outside of 4 to 5",
            id="a score outside of its interval",
        ),
        pytest.param(
            {"arm": "v2"},
            "a prediction is made, by the same arm",
            "the arms v1 and v2",
            id="two services that disagree",
        ),
        pytest.param({"flags": 500}, "flags are evaluated", "500", id="no flags"),
        pytest.param(
            {"keyless": 200}, "nobody gets in without a key", "without a key: 200", id="open"
        ),
        pytest.param(
            {"problem": {}},
            "what is wrong is refused with its reason",
            "no problem document",
            id="a refusal without a reason",
        ),
    ],
)
def test_what_is_wrong_is_told(changes, name, said):
    assert said in wrong(**changes)[name]


def test_a_platform_that_does_not_answer_fails_every_check():
    def silent(request):
        raise httpx.ConnectError("refused")

    checks = smoke(ACCESS, transport=httpx.MockTransport(silent))

    assert all(check.wrong.startswith("no answer") for check in checks)
