"""What the console shows of the API's answers, and what CloudFront answers for it."""

import json

import pytest

from kindred_constructs.console_pages import MOST_BYTES, pages_function
from tests.unit.console.run_node import in_node

# As much of a document as the views touch.
DOCUMENT = """
globalThis.document = { createElement: (name) => ({
  name, content: [], attributes: {},
  append(...added) { this.content.push(...added); },
  setAttribute(key, value) { this.attributes[key] = value; },
}) };
const flat = (node) => typeof node === "string" ? [node] : node.content.flatMap(flat);
const views = await import(`${folder}/views.js`);
"""
EXPERIMENT = {
    "key": "ranking",
    "name": "<b>Ranking</b>",
    "status": "active",
    "owner": "ann@example.com",
    "variations": [{"key": "control", "weight": 0.5}, {"key": "new", "weight": 0.5}],
    "updated_at": "2026-11-01T10:00:00Z",
}


def test_an_experiment_is_shown_as_text():
    shown = in_node(
        DOCUMENT
        + f"const found = {json.dumps({'experiments': [EXPERIMENT]})};"
        + "const result = flat(views.experiments(found));"
    )

    assert "<b>Ranking</b> (ranking)" in shown
    assert "control 50 %, new 50 %" in shown


def test_deployments_that_do_not_exist_are_said_not_to():
    shown = in_node(DOCUMENT + "const result = flat(views.deployments({deployments: []}));")

    assert shown == ["Deployments of models: none yet."]


def test_a_refusal_of_the_api_says_what_it_said():
    said = in_node(
        "const { read } = await import(`${folder}/api.js`);"
        "const fetching = async (path, options) => ({ok: false, status: 403, json: async () => "
        "({title: 'Forbidden', detail: `${path} with ${options.headers.authorization}`})});"
        "const result = await read('/api/v1/x', 'token', fetching).catch((e) => e.message);"
    )

    assert said == "Forbidden: /api/v1/x with Bearer token"


def test_an_answer_that_is_no_problem_document_is_still_a_problem():
    said = in_node(
        "const { read } = await import(`${folder}/api.js`);"
        "const fetching = async () => ({ok: false, status: 502, "
        "json: async () => { throw new SyntaxError(); }});"
        "const result = await read('/x', 't', fetching).catch((e) => [e.status, e.message]);"
    )

    assert said == [502, "HTTP 502"]


@pytest.mark.parametrize(
    ("uri", "fetched"),
    [
        pytest.param("/", "/index.html", id="the root is the first page"),
        pytest.param("/index.html", "/index.html", id="a page"),
        pytest.param("/config.json", "/config.json", id="the settings"),
        pytest.param("/assets/console-0.js", "/assets/console-0.js", id="an asset"),
        pytest.param("/admin.php", None, id="what there never was"),
        pytest.param("/../secret", None, id="what is above"),
    ],
)
def test_the_edge_fetches_what_is_there_and_says_404_for_the_rest(uri, fetched):
    event = json.dumps({"request": {"uri": uri}})
    answer = in_node(f"{pages_function()}\nconst result = handler({event});")

    if fetched:
        assert answer == {"uri": fetched}
    else:
        assert answer["statusCode"] == 404
        assert "<h1>Not found</h1>" in answer["body"]["data"]


def test_the_function_fits_where_cloudfront_runs_it():
    assert len(pages_function().encode()) < MOST_BYTES / 2
