"""What the audit log holds, and that nobody changes it unseen."""

import asyncio

import pytest

from experiments_service.author import Author
from experiments_service.changes import Proposal, submit
from kindred.experiments.audit_chain import AuditSigner, verify
from tests.service.experiments.management_fixtures import AUDIT_SECRET, EXPERIMENT, FLAG

SIGNER = AuditSigner(AUDIT_SECRET)


def test_a_record_says_who_when_and_what_from_what_to_what_in_full(platform):
    long = "h" * 1_500
    platform.created(hypothesis=long)
    platform.patch("/experiments/checkout", {"hypothesis": "short"}, name="bob")

    record = platform.audit()[1]
    assert record["actor"] == {"id": "id-of-bob", "name": "bob"}
    assert (record["action"], record["kind"], record["key"]) == (
        "update",
        "experiment",
        "checkout",
    )
    assert (record["before"]["hypothesis"], record["after"]["hypothesis"]) == (long, "short")
    assert record["before"].keys() == record["after"].keys()


def test_the_correlation_id_leads_from_the_record_to_the_request(platform):
    platform.post("/experiments", EXPERIMENT, headers={"x-correlation-id": "from-the-client"})

    assert platform.audit()[0]["correlation_id"] == "from-the-client"


def test_the_chain_verifies_as_the_api_gives_it(platform):
    platform.created(plan={"baseline": 1e-05, "effect": 0.5})
    platform.flag(
        type="json", default_value={"ü": [1e22, -0.0, 1.10]}, off_value="\u2028", rules=[]
    )
    platform.post("/experiments/checkout/start")
    verdict = verify(platform.audit(), SIGNER)

    assert (verdict.faults, verdict.count, verdict.last[0]) == ((), 3, 3)


def test_a_change_behind_the_apis_back_is_found(platform):
    for number in range(4):
        platform.flag(key=f"flag-{number}")
    platform.execute("ALTER TABLE audit_records DISABLE TRIGGER audit_records_stay")
    platform.execute(
        "UPDATE audit_records SET body = replace(body, 'flag-1', 'flag-9') WHERE sequence = 2"
    )
    platform.execute("DELETE FROM audit_records WHERE sequence = 3")
    platform.execute("ALTER TABLE audit_records ENABLE TRIGGER audit_records_stay")

    assert [fault.reason for fault in verify(platform.audit(), SIGNER).faults] == [
        "record 2 was changed: its signature does not fit what it says",
        "record 3 was removed",
    ]


def test_writers_that_come_together_leave_one_chain(platform):
    async def create(number):
        document = {**FLAG, "key": f"f{number}", "owner": "o", "tags": [], "steps": []}
        proposal = Proposal(
            kind="feature_flag",
            key=f"f{number}",
            action="create",
            change=lambda _: document,
            creates=True,
        )
        await submit(platform.collaborators, proposal, Author(id="i", name="n", correlation_id="c"))

    async def together():
        await asyncio.gather(*(create(number) for number in range(20)))

    platform.run(together)
    verdict = verify(platform.audit(limit=100), SIGNER)
    assert (verdict.faults, verdict.count) == ((), 20)


def test_a_change_that_fails_leaves_no_record(platform):
    platform.created()
    platform.post("/experiments/checkout/pause")
    platform.post("/experiments", EXPERIMENT)
    platform.post("/experiments", EXPERIMENT | {"key": "x", "metrics": []})

    assert len(platform.audit()) == 1


def test_the_log_is_read_by_pages_and_filters(platform):
    for number in range(3):
        platform.flag(key=f"f{number}")
    platform.created()
    platform.post("/experiments/checkout/start", name="bob")

    def found(query):
        records = platform.get(f"/audit-logs?{query}", role="admin").json()["records"]
        return [record["sequence"] for record in records]

    assert found("") == [5, 4, 3, 2, 1]
    assert found("order=oldest&limit=2") == [1, 2]
    assert found("kind=experiment") == [5, 4]
    assert found("kind=feature_flag&key=f1") == [2]
    assert found("actor=bob") == [5]
    assert found("action=create&kind=experiment") == [4]
    moment = platform.audit()[2]["at"].replace("+", "%2B")
    assert found(f"since={moment}") == [5, 4, 3]
    assert found(f"until={moment}") == [2, 1]
    first = platform.get("/audit-logs?limit=3", role="admin").json()
    assert found(f"limit=3&cursor={first['next_cursor']}") == [2, 1]


@pytest.mark.parametrize("cursor", ["abc", "WyJ4Il0", "W10"])
def test_a_cursor_that_nobody_gave_is_refused(platform, cursor):
    assert platform.get(f"/audit-logs?cursor={cursor}", role="admin").status_code == 422
