"""GrowthBook's cases of experiments, query strings and redirects through `assign`.

It carries an experiment, attributes and the page's URL; forced variations, QA mode and a context
that is switched off are a client's own.
"""

import pytest

from kindred.experiments.definitions import Experiment, SamplePlan, Variation
from tests.conformance.api_path import asking, carried, serving
from tests.conformance.growthbook_cases import SUITE, WITHOUT, load, payload_of

pytestmark = pytest.mark.skipif(not SUITE.is_file(), reason=WITHOUT)


@pytest.fixture(scope="module")
def ask():
    return asking()


def defined(experiment):
    """What the platform knows of it beside the payload."""
    values = experiment["variations"]
    meta = experiment.get("meta") or []
    keys = [meta[n].get("key", str(n)) if n < len(meta) else str(n) for n in range(len(values))]
    urls = [v.get("urlRedirect") if isinstance(v, dict) else None for v in values]
    return Experiment(
        key=experiment["key"],
        name=experiment["key"],
        variations=tuple(
            Variation(key=key, name=key, weight=0, is_control=n == 0, value=value, redirect_url=url)
            for n, (key, value, url) in enumerate(zip(keys, values, urls, strict=True))
        ),
        metrics=(),
        plan=SamplePlan(baseline=0.1, effect=0.1),
        hash_attribute=experiment.get("hashAttribute", "id"),
    )


def assigned(ask, given, experiment):
    payload = {**payload_of(given), "experiments": [experiment]}
    attributes = given.get("attributes", {})
    body = {
        "experiment_key": experiment["key"],
        "unit_id": attributes[experiment.get("hashAttribute", "id")],
        "attributes": attributes,
        "url": given.get("url", ""),
    }
    definition = defined(experiment)
    answer = ask(serving(payload, experiments=[definition]), "/api/v1/tracking/assign", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("given", "experiment", "value", "in_experiment", "hash_used"),
    [
        case
        for case in load("run")
        if carried(case.values[0], unit=case.values[1].get("hashAttribute", "id"))
    ],
)
def test_run(ask, given, experiment, value, in_experiment, hash_used):
    answer = assigned(ask, given, experiment)

    assert (answer["value"], answer["in_experiment"]) == (value, in_experiment)
    assert (answer["exposure"] is not None) == hash_used


@pytest.mark.parametrize(
    ("key", "url", "count", "expected"),
    [case for case in load("getQueryStringOverride") if case.values[3] is not None],
)
def test_query_string_override(ask, key, url, count, expected):
    experiment = {"key": key, "variations": list(range(count))}

    answer = assigned(ask, {"attributes": {"id": "unit"}, "url": url}, experiment)

    assert (answer["value"], answer["exposure"]) == (expected, None)


@pytest.mark.parametrize(("given", "expected"), load("urlRedirect"))
def test_url_redirect(ask, given, expected):
    answers = [assigned(ask, given, experiment) for experiment in given["experiments"]]

    # A page runs the first that applies; the edge function is what does so.
    first = next(answer for answer in answers if answer["in_experiment"])
    assert first["in_experiment"] == expected[0]["inExperiment"]
    assert first["value"] == {"urlRedirect": expected[0]["urlRedirect"]}
