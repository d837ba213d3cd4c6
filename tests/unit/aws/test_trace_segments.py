"""Segments put into X-Ray, and what it does not take."""

from __future__ import annotations

from botocore.exceptions import ClientError, ConnectTimeoutError

from kindred_aws.trace_segments import SEGMENTS_PER_CALL, TraceSegments


class XRayFake:
    def __init__(self, *, error=None, unprocessed=()):
        self.calls, self._error, self._unprocessed = [], error, unprocessed

    def put_trace_segments(self, *, TraceSegmentDocuments):
        self.calls.append(len(TraceSegmentDocuments))
        if self._error:
            raise self._error
        return {"UnprocessedTraceSegments": list(self._unprocessed)}


def put(fake, count):
    return TraceSegments(fake).put([{"id": str(n)} for n in range(count)])


def test_many_go_in_few_calls():
    fake = XRayFake()
    assert put(fake, 2 * SEGMENTS_PER_CALL + 1) is None
    assert fake.calls == [SEGMENTS_PER_CALL, SEGMENTS_PER_CALL, 1]


def test_what_x_ray_refuses_is_said_and_never_raised():
    throttled = ClientError({"Error": {"Code": "ThrottledException"}}, "PutTraceSegments")
    silent = ConnectTimeoutError(endpoint_url="https://xray")

    assert put(XRayFake(error=throttled), 1) == "ThrottledException"
    assert put(XRayFake(error=silent), 1) == "ConnectTimeoutError"
    assert put(XRayFake(unprocessed=[{"ErrorCode": "InvalidSegment"}]), 1) == "InvalidSegment"
