"""How the model is called, and that its container reads what it is sent."""

import json

import msgspec

from embedding_inference.wire import PredictionOut, PredictionsOut, QueryIn
from rollout_functions import inference_settings
from rollout_functions.body_reading import read_body
from rollout_functions.prediction_requests import FeaturesIn, ModelAnswer, model_request
from tests.unit.rollout_functions.inference_calls import FEATURES
from tests.unit.rollout_functions.test_inference import ANSWER


def test_the_client_waits_five_seconds_and_tries_by_itself_never_again(environment):
    config = inference_settings._client().meta.config

    assert config.read_timeout == 5
    assert config.connect_timeout == 0.5
    assert config.retries["total_max_attempts"] == 1


def test_the_container_reads_what_it_is_sent_and_is_read_in_turn():
    """The two are built apart and share no code."""
    sent = model_request(read_body(json.dumps(FEATURES).encode(), FeaturesIn), 3)

    query = msgspec.json.decode(sent, type=QueryIn)
    assert (query.features.name, query.features.pricing, query.top_k) == ("Star Map", "free", 3)
    out = PredictionsOut([PredictionOut("a1", 0.93, "Sky Guide")], "v3-0123456789ab")
    read = msgspec.json.decode(msgspec.json.encode(out), type=ModelAnswer)
    assert msgspec.to_builtins(read) == ANSWER
