"""What no honest client sends is refused like any other mistake, and breaks nothing."""

import pytest

from experiments_service.pages import to_cursor

FLAG = '{"key": "x", "type": "json", "off_value": null, "default_value": %s}'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("[" * 200_000, 400, id="brackets without end"),
        pytest.param(FLAG % ("[" * 5_000 + "]" * 5_000), 400, id="nested beyond the parser"),
        pytest.param(FLAG % ('{"a":' * 40 + "1" + "}" * 40), 422, id="nested beyond the engine"),
        pytest.param(FLAG % '"\\ud800"', 422, id="half a character"),
        pytest.param(FLAG % '"\\u0000"', 422, id="a NUL"),
        pytest.param(FLAG % '{"\\u0000": 1}', 422, id="a NUL in a key"),
        pytest.param(FLAG % "NaN", 422, id="not a number"),
        pytest.param(FLAG % "1e999", 422, id="infinity"),
        pytest.param(FLAG % str(2**60), 422, id="more than a client can count"),
        pytest.param(FLAG % ("[" + "1," * 6_000 + "1]"), 422, id="too many values"),
        pytest.param(FLAG % ('"' + "x" * 1_100_000 + '"'), 413, id="too large"),
        pytest.param("what", 422, id="no JSON"),
    ],
)
def test_a_body_is_refused(platform, body, status):
    token = platform.pool.token("admin")
    answer = platform.client.post(
        "/api/v1/feature-flags",
        content=body,
        headers={"Authorization": f"Bearer {token}", "content-type": "application/json"},
    )

    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )
    assert "Value error" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/feature-flags/%00",
        "/experiments/%00/results",
        "/feature-flags?search=%00",
        "/feature-flags?limit=99999999999999999999",
        "/feature-flags?cursor=%00",
        f"/feature-flags?cursor={to_cursor('0001-01-01T00:00:00+14:00', 'x')}",
        f"/feature-flags?cursor={to_cursor('2026-01-01T00:00:00+00:00', chr(0))}",
        f"/approvals?cursor={to_cursor('9999-12-31T23:59:59-14:00', 'x')}",
        "/approvals/not-an-id",
        "/audit-logs?actor=%00",
        "/audit-logs?since=0001-01-01T00:00:00%2B14:00",
        "/audit-logs?until=9999-12-31T23:59:59-14:00",
        f"/audit-logs?cursor={to_cursor('9' * 30)}",
    ],
)
def test_a_path_or_a_query_is_refused(platform, path):
    assert platform.get(path, role="admin").status_code == 422


def test_a_token_without_end_is_refused(platform):
    answer = platform.client.get(
        "/api/v1/session", headers={"Authorization": "Bearer " + "x" * 20_000}
    )

    assert (answer.status_code, "over 16384 characters" in answer.text) == (401, True)
