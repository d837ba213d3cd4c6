"""Under what name a request to a model is captured."""

import json

import pytest

from kindred.privacy.forgetting import CAPTURED_DIGITS
from kindred.privacy.pseudonyms import digest_of
from kindred_aws.pseudonym_secret import NoPseudonyms
from rollout_functions import inference
from tests.pseudonyms import pseudonym
from tests.unit.rollout_functions.proxy_events import REQUEST_ID, proxy_event


@pytest.fixture
def captured_as(runtime, sagemaker):
    sagemaker.answer = lambda _: {
        "Body": json.dumps({"predictions": [], "model_version": "v3"}).encode(),
        "ContentType": "application/json",
        "InvokedProductionVariant": "production",
    }
    body = {"user_id": "anna", "features": {"name": "Star Map"}}

    def send():
        answered = inference.handler(proxy_event("POST", "/inference", body, groups=None), None)
        assert answered["statusCode"] == 200
        return sagemaker.asked[-1]["InferenceId"]

    return send


def test_it_is_the_users_pseudonym_of_the_day_and_the_requests_id(captured_as):
    user, _, request = captured_as().partition("-")

    assert request == REQUEST_ID
    assert digest_of(pseudonym("anna")).startswith(user)
    assert len(user) == CAPTURED_DIGITS


def test_without_pseudonyms_a_model_answers_and_nobody_is_named(captured_as, monkeypatch):
    class Unread:
        @property
        def current(self):
            raise NoPseudonyms("AccessDenied")

    monkeypatch.setattr(inference, "pseudonym_secret", Unread)

    assert captured_as() == REQUEST_ID
