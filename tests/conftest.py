"""What every test shares."""

import functools
import gc
import os
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import botocore.loaders
import botocore.session
import pytest
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent
# They have a platform of their own: they wait for a rollout's minutes most of their time.
ROLLOUTS = {
    "test_rollout_walkthrough.py",
    "test_sagemaker_endpoints.py",
    "test_sagemaker_jobs.py",
    "test_walkthrough_retraining.py",
}
LOWEST_PRIORITY = 19
# So many objects more than before, and so many looks of one generation for one of the next.
GARBAGE = (20_000, 20, 20)

# A client of its own for each test is wanted; reading AWS's service models anew for each is not.
botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)


class SharedPlatforms(LoadScopeScheduling):
    """One process runs all that shares a platform or a synthesis; otherwise, a file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        match PurePosixPath(file).parts:
            case ("tests", "local", name):
                return "rollouts" if name in ROLLOUTS else "local"
            case ("tests", "infrastructure", *_):
                return "infrastructure"
        return file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return SharedPlatforms(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Python looks for garbage less often, and never in what was imported and collected: it stays.

    It looked through all of that again and again, which was a quarter of the time of a test.
    """
    gc.disable()
    collected = yield
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    gc.enable()
    return collected


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What only computes gives way to a platform: a canary is judged by its latency."""
    if "PYTEST_XDIST_WORKER" in os.environ and item.path.parent != TESTS / "local":
        _give_way()


@functools.cache
def _give_way() -> None:
    """Of a session of its own, where Linux shares cores out to sessions before processes."""
    os.setsid()
    os.nice(LOWEST_PRIORITY)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(LOWEST_PRIORITY))
