import pytest


def test_browsing_pages_through_every_app_once(similarity):
    seen, cursor = [], None
    while True:
        parameters = {"limit": 70} | ({"cursor": cursor} if cursor else {})
        page = similarity.get("/api/v1/apps", params=parameters).json()
        seen += [app["app_id"] for app in page["apps"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == page["total"] == 240


def test_names_are_searched_without_case(similarity):
    page = similarity.get("/api/v1/apps", params={"q": "WEATHER"}).json()

    assert page["total"] == 80
    assert all("Weather" in app["app_name"] for app in page["apps"])


def test_search_takes_filters(similarity):
    page = similarity.get(
        "/api/v1/apps", params={"category": ["games", "finance"], "region": "eu", "limit": 100}
    ).json()

    assert {app["category"] for app in page["apps"]} == {"Games", "Finance"}
    assert {app["region"] for app in page["apps"]} == {"eu"}


def test_one_app_whole(similarity):
    app = similarity.get("/api/v1/apps/app-004").json()

    assert (app["app_id"], app["source"], app["generated"]) == ("app-004", "test", True)
    assert app["impressions"] == 10_000


def test_an_unknown_app_is_not_found(similarity):
    response = similarity.get("/api/v1/apps/nobody")

    assert response.status_code == 404
    assert response.json()["type"] == "urn:kindred:problem:app-not-found"


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": 0},
        {"limit": 101},
        {"cursor": "zzz"},
        {"cursor": "bzA5OTk5OTk5OTk5OTk5"},
        {"category": "Spoons"},
        {"q": "x" * 201},
        {"q": "a b c d e f g h i"},
    ],
    ids=str,
)
def test_a_wrong_parameter_is_a_problem(similarity, parameters):
    response = similarity.get("/api/v1/apps", params=parameters)

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


def test_a_wrong_filter_names_its_parameter(similarity):
    response = similarity.get("/api/v1/apps", params={"category": "Spoons"})

    assert response.json()["errors"][0]["pointer"] == "category"
