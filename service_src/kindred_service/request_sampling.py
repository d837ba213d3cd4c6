"""Which requests leave a line in the log: what failed, was slow or is traced, and a share.

Metrics count all of them; a line that stands for others says for how many.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from kindred_service.settings import InvalidSettings
from kindred_service.tracing import current_trace

# The message of the one line that a request leaves.
REQUEST = "request"
_CLIENT_ERROR = 400
# Hundredths of a percent.
_PARTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSampling:
    percent: float
    slow_ms: float

    def is_notable(self, *, status: int, latency_ms: float) -> bool:
        return status >= _CLIENT_ERROR or latency_ms >= self.slow_ms

    def takes(self, correlation_id: str) -> bool:
        """The same requests in every service, so that the lines of one are all there or none."""
        return zlib.crc32(correlation_id.encode()) % _PARTS < self.percent * _PARTS / 100


def read_sampling(environ: Mapping[str, str]) -> RequestSampling:
    """Raises InvalidSettings."""
    percent = _number(environ, "LOG_SAMPLE_PERCENT", default="100", most=100)
    slow_ms = _number(environ, "LOG_SLOW_MS", default="500", most=60_000)
    return RequestSampling(percent=percent, slow_ms=slow_ms)


def sample_requests(environ: Mapping[str, str], logger: Logger) -> None:
    """Raises InvalidSettings."""
    sampling = read_sampling(environ)
    if sampling.percent < 100:
        logger.addFilter(_SampledRequests(sampling, logger))


class _SampledRequests(logging.Filter):
    def __init__(self, sampling: RequestSampling, logger: Logger) -> None:
        super().__init__()
        self._sampling = sampling
        self._logger = logger

    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg != REQUEST:
            return True
        fields = vars(record)
        if self._sampling.is_notable(status=fields["status"], latency_ms=fields["latency_ms"]):
            return True
        keys = self._logger.thread_safe_get_current_keys()
        taken = self._sampling.takes(str(keys.get("correlation_id", "")))
        if taken:
            record.sample_percent = self._sampling.percent
        here = current_trace()
        return taken or (here is not None and here.sampled)


def _number(environ: Mapping[str, str], name: str, *, default: str, most: float) -> float:
    given = environ.get(name, default)
    try:
        value = float(given)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise InvalidSettings(f"{name}: given {given!r}, allowed 0 to {most:g}")
    return value
