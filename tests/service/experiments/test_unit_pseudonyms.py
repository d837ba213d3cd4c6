"""Under which pseudonym a unit's events reach the stream."""

from datetime import UTC, datetime, timedelta

from kindred.experiments.events import decode, new_event_id
from kindred.privacy.pseudonyms import Generation, Pseudonyms
from kindred_aws.pseudonym_secret import NoPseudonyms
from tests.service.experiments.evaluation_fixtures import (
    definitions,
    experiment,
    published,
)

TRACK = "/api/v1/tracking/track"


def event(kind="exposure", **changes):
    told = {"variation": "control"} if kind == "exposure" else {"metric": "purchase"}
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC).isoformat()
    return {
        **{"type": kind, "event_id": new_event_id(), "occurred_at": moment},
        **{"unit_id": "anna", "experiment_id": "checkout", **told, **changes},
    }


def test_a_unit_stays_one_to_its_experiment_when_pseudonyms_change(client, held, stream):
    """The experiment began before the new generation; a click of none goes by its own day."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    held.pseudonyms.current = Pseudonyms(
        [
            Generation(number=1, since=noon - timedelta(days=90), key="a" * 64),
            Generation(number=2, since=noon - timedelta(days=1), key="b" * 64),
        ]
    )
    before = {"experiment_id": "began-before"}
    held.publisher.held = published(
        definitions(
            experiments=(
                experiment("began-before", starts_at=noon - timedelta(days=30)),
                experiment("began-since", starts_at=noon),
            )
        )
    )

    client.post(TRACK, json=event(**before))
    client.post(TRACK, json=event("conversion", **before))
    client.post(TRACK, json=event(experiment_id="began-since"))

    units = [each.unit_id for each in (decode(record.data) for record in stream.records)]
    assert units[0] == units[1] != units[2]
    assert set(units) == set(held.pseudonyms.current.every("anna"))


def test_without_pseudonyms_events_are_to_be_sent_again_and_none_leaves(client, held, stream):
    class Unread:
        @property
        def current(self):
            raise NoPseudonyms("AccessDenied")

    object.__setattr__(held, "pseudonyms", Unread())

    assert client.post(TRACK, json=event()).status_code == 503
    assert not stream.records
