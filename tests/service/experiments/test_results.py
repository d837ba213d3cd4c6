"""Results as they are answered; what they say is the analysis' own matter."""

from datetime import date
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from fastapi.testclient import TestClient

from experiments_service.documents import document_of
from experiments_service.identity.authentication import InvalidToken
from experiments_service.identity.principal import Principal
from experiments_service.main import create_app
from kindred.experiments.counts import Cell, Counts, Tally
from tests.service.experiments.evaluation_fixtures import collaborators, experiment, published

PATH = "/api/v1/experiments/checkout/results"
DAYS = (date(2026, 3, 1), date(2026, 3, 2))


class ReaderFake:
    """A session of the replica, which holds one experiment."""

    def __call__(self):
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        pass

    async def get(self, table, key):
        known = key == ("experiment", "checkout")
        return SimpleNamespace(document=document_of(experiment())) if known else None


class IdentityFake:
    """The token is the role."""

    async def authenticate(self, token):
        if token == "stale":
            raise InvalidToken("the token has expired")
        return Principal(id=token, name=token, role=None if token == "nobody" else token)


def counted(bought=120):
    cells = {}
    for day in DAYS:
        for variation, purchases in (("control", 100), ("treatment", bought)):
            for segment in ("-", "country=DE"):
                cells[Cell(variation, "-", day, segment)] = Tally(units=1_000, events=1_000)
                cells[Cell(variation, "purchase", day, segment)] = Tally(
                    units=purchases, total=purchases, squares=purchases, events=purchases
                )
    return Counts(cells=cells, quality={"mismatched": 3})


@pytest.fixture
def held():
    held = collaborators(published(), reader=ReaderFake(), identity=IdentityFake())
    held.counters.counts = counted()
    return held


@pytest.fixture
def ask(held):
    client = TestClient(create_app(held))

    def get(path=PATH, role="viewer", **headers):
        given = {"Authorization": f"Bearer {role}"} if role else {}
        return client.get(path, headers={**given, **headers})

    return get


def test_results_are_the_analysis_overall_by_day_and_by_segment(ask):
    answer = ask().json()

    assert answer["experiment"] == "checkout"
    assert answer["units"] == {"control": 2_000, "treatment": 2_000}
    assert [each["day"] for each in answer["days"]] == ["2026-03-01", "2026-03-02"]
    assert [each["segment"] for each in answer["segments"]] == ["country=DE"]
    assert answer["quality"] == {"mismatched": 3}
    assert answer["decision"]["reasons"]


def test_one_segment_alone_can_be_asked_for(ask):
    assert len(ask(f"{PATH}?segment=country=DE").json()["segments"]) == 1

    unknown = ask(f"{PATH}?segment=country=FR")
    assert unknown.status_code == 422
    assert unknown.json()["errors"][0]["allowed"] == ["country=DE"]


def test_unchanged_counts_are_not_analysed_again(ask, held):
    tag = ask().headers["etag"]

    assert ask(**{"If-None-Match": tag}).status_code == 304
    held.counters.counts = counted(bought=121)
    assert ask(**{"If-None-Match": tag}).status_code == 200


def test_an_experiment_that_nobody_met_has_results_too(ask, held):
    held.counters.counts = Counts()

    assert ask().json()["units"] == {"control": 0, "treatment": 0}


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(EndpointConnectionError(endpoint_url="http://dynamodb"), id="gone"),
        pytest.param(
            ClientError({"Error": {"Code": "AccessDeniedException"}}, "Query"), id="denied"
        ),
    ],
)
def test_counters_that_cannot_be_read_are_a_problem_that_passes(ask, held, monkeypatch, lost):
    def read(_):
        raise lost

    monkeypatch.setattr(held.counters, "read", read)
    response = ask()

    assert response.status_code == 503
    assert response.json()["type"] == "urn:kindred:problem:counters-unavailable"
    assert response.headers["retry-after"] == "5"


def test_an_unknown_experiment_is_not_found(ask):
    response = ask("/api/v1/experiments/nobody/results")

    assert response.status_code == 404
    assert response.json()["type"] == "urn:kindred:problem:experiment-not-found"


@pytest.mark.parametrize(
    ("role", "status"),
    [(None, 401), ("stale", 401), ("nobody", 403), ("viewer", 200), ("admin", 200)],
)
def test_results_are_for_viewers_and_above(ask, role, status):
    assert ask(role=role).status_code == status
