import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, EndpointConnectionError

import kindred_service.recorder as recorder_module
from kindred.experiments.arm_metrics import Outcome, ServedRequest
from kindred_aws.request_log import RequestRecord, WriteRefused
from kindred_service.recorder import BufferFull, Recorder


class MetricsTableFake:
    def __init__(self):
        self.written, self.counted_events, self.writes = {}, set(), 0
        self.down, self.down_for, self.unwritable = False, set(), set()

    def put(self, window):
        self._fail_while_down()
        if window.window_start in self.down_for:
            raise EndpointConnectionError(endpoint_url="nowhere")
        self.written[window.window_start, window.arm] = window.values()
        self.writes += 1

    def put_with_outcomes(self, window, outcomes):
        self._fail_while_down()
        if self.unwritable & {o.event_id for o in outcomes}:
            error = {"Error": {"Code": "ValidationException", "Message": "Number underflow"}}
            raise ClientError(error, "TransactWriteItems")
        new = [o for o in outcomes if o.event_id not in self.counted_events]
        self.counted_events |= {o.event_id for o in new}
        counted = window.with_outcomes(new)
        self.put(counted)
        return counted

    def _fail_while_down(self):
        if self.down:
            raise EndpointConnectionError(endpoint_url="nowhere")


class RequestLogFake:
    def __init__(self):
        self.records, self.refuse_last, self.down = [], False, False

    def write(self, records):
        if self.down:
            raise EndpointConnectionError(endpoint_url="nowhere")
        if self.refuse_last:
            self.refuse_last = False
            self.records += records[:-1]
            raise WriteRefused(records[-1:])
        self.records += records


class Tables:
    def __init__(self):
        self.metrics, self.log = MetricsTableFake(), RequestLogFake()
        self.dropped, self.counted = [], []
        self.recorder = Recorder(
            metrics_table=self.metrics,
            request_log=self.log,
            logger=Logger(service="test"),
            count_dropped=self.dropped.append,
            on_counted=lambda outcome: self.counted.append(outcome.event_id),
        )

    def serve(self, number, *, arm="v1", at=61.0, experiment="e"):
        served = ServedRequest(
            experiment_id=experiment,
            arm=arm,
            new_unit=False,
            operation="find_similar",
            latency_ms=5,
            failed=False,
            at=at,
        )
        self.recorder.add(served, record(number, arm))

    def click(self, event_id, *, at=61.0):
        self.recorder.add_outcome(
            Outcome(event_id=event_id, kind="click", experiment_id="e", arm="v1", value=1, at=at)
        )


def record(number, arm="v1"):
    return RequestRecord(
        request_id=str(number),
        correlation_id="c",
        at=61,
        service="similarity",
        operation="find_similar",
        experiment_id="e",
        arm=arm,
        model_version="v",
        unit_id="p:a",
        app_id="a",
        status=200,
        latency_ms=5,
    )


@pytest.fixture
def tables():
    return Tables()


def test_nothing_is_written_before_a_flush(tables):
    tables.serve(1)

    assert not tables.metrics.written
    assert not tables.log.records


def test_a_flush_writes_windows_by_arm_and_every_record(tables):
    for number in range(60):
        tables.serve(number, arm="v1" if number % 3 else "v2")
    tables.recorder.flush()

    counts = {key: values["requests_count"] for key, values in tables.metrics.written.items()}
    assert counts == {(60, "v1"): 40, (60, "v2"): 20}
    assert [r.request_id for r in tables.log.records] == [str(n) for n in range(60)]


def test_an_arm_of_two_experiments_has_a_window_in_each(tables, monkeypatch):
    written = []
    monkeypatch.setattr(tables.metrics, "put", written.append)
    tables.serve(1, arm="v2", experiment="embedding_v1_vs_v2")
    tables.serve(2, arm="v2", experiment="embedding_v2_vs_v3")
    tables.recorder.flush()

    seen = [(window.experiment_id, window.values()["requests_count"]) for window in written]
    assert seen == [("embedding_v1_vs_v2", 1), ("embedding_v2_vs_v3", 1)]


def test_a_window_goes_on_after_a_flush(tables):
    for number in range(2):
        tables.serve(number)
        tables.recorder.flush()

    assert tables.metrics.written[60, "v1"]["requests_count"] == 2


def test_an_outcome_sent_twice_counts_once(tables):
    tables.serve(1)
    tables.click("event-1")
    tables.click("event-1")
    tables.recorder.flush()
    tables.click("event-1", at=130)
    tables.recorder.flush()

    assert sum(values["clicks_count"] for values in tables.metrics.written.values()) == 1


def test_an_outcome_is_reported_when_it_counts_and_only_then(tables):
    tables.click("event-1")
    tables.recorder.flush()
    tables.click("event-1", at=130)
    tables.click("event-2", at=130)
    tables.recorder.flush()

    assert tables.counted == ["event-1", "event-2"]


def test_outcomes_alone_are_written_with_their_window_and_not_again(tables):
    tables.serve(1)
    tables.recorder.flush()
    tables.metrics.writes = 0
    tables.click("event-1")
    tables.recorder.flush()

    assert tables.metrics.writes == 1
    assert tables.metrics.written[60, "v1"]["clicks_count"] == 1
    assert tables.metrics.written[60, "v1"]["requests_count"] == 1


def test_an_outcome_that_can_never_be_written_does_not_hold_the_others_up(tables):
    tables.metrics.unwritable = {"event-3"}
    for number in range(10):
        tables.click(f"event-{number}")

    assert tables.recorder.flush()
    assert len(tables.counted) == 9
    assert tables.dropped == ["outcome"]


def test_a_refused_window_does_not_hold_later_ones_up(tables):
    for at in (61, 121, 181):
        tables.serve(at, at=at)
    tables.metrics.down_for = {60}

    assert not tables.recorder.flush()
    assert set(tables.metrics.written) == {(120, "v1"), (180, "v1")}
    tables.metrics.down_for = set()
    assert tables.recorder.flush()
    assert (60, "v1") in tables.metrics.written


def test_draining_tries_again_until_everything_is_written(tables):
    for number in range(3):
        tables.serve(number)
    tables.log.refuse_last = True
    tables.recorder.drain()

    assert sorted(r.request_id for r in tables.log.records) == ["0", "1", "2"]


def test_draining_ends_when_the_time_is_up(tables):
    tables.metrics.down = tables.log.down = True
    tables.serve(1)
    tables.recorder.drain(within_seconds=0.01)

    assert not tables.log.records


def test_clicks_stay_counted_when_requests_follow(tables):
    tables.serve(1)
    tables.click("event-1")
    tables.recorder.flush()
    tables.serve(2)
    tables.recorder.flush()

    values = tables.metrics.written[60, "v1"]
    assert (values["clicks_count"], values["requests_count"], values["ctr"]) == (1, 2, 0.5)


def test_what_a_table_refuses_is_written_later(tables):
    tables.metrics.down = tables.log.down = True
    tables.serve(1)
    tables.click("event-1")
    tables.recorder.flush()
    tables.metrics.down = tables.log.down = False
    tables.recorder.flush()

    assert tables.metrics.written[60, "v1"]["clicks_count"] == 1
    assert tables.metrics.written[60, "v1"]["requests_count"] == 1
    assert len(tables.log.records) == 1


def test_a_partly_refused_batch_is_completed_later(tables):
    for number in range(3):
        tables.serve(number)
    tables.log.refuse_last = True
    tables.recorder.flush()
    tables.recorder.flush()

    assert sorted(r.request_id for r in tables.log.records) == ["0", "1", "2"]


def test_one_table_does_not_hold_the_other_up(tables):
    tables.metrics.down = True
    tables.serve(1)
    tables.recorder.flush()

    assert len(tables.log.records) == 1


def test_old_request_records_give_way_and_are_counted(tables, monkeypatch):
    monkeypatch.setattr(recorder_module, "_RECORDS_KEPT", 2)
    for number in range(3):
        tables.serve(number)
    tables.recorder.flush()

    assert [r.request_id for r in tables.log.records] == ["1", "2"]
    assert tables.dropped == ["request_record"]


def test_an_outcome_that_cannot_be_kept_is_refused_not_forgotten(tables, monkeypatch):
    monkeypatch.setattr(recorder_module, "_OUTCOMES_KEPT", 1)
    tables.click("event-1")

    with pytest.raises(BufferFull):
        tables.click("event-2")


def test_windows_of_long_ago_are_forgotten_once_written(tables):
    tables.serve(1, at=61)
    tables.recorder.flush()
    tables.serve(2, at=61 + 7_200)
    tables.recorder.flush()

    assert list(tables.recorder._windows) == [(7_260, "e", "v1")]
