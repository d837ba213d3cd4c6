"""What every test shares."""

import functools
from pathlib import Path

import botocore.loaders
import botocore.session
import pytest

TESTS = Path(__file__).parent
# Each has a platform of its own; these wait for a rollout's minutes most of their time.
ROLLOUTS = {
    "test_rollout_walkthrough.py",
    "test_sagemaker_endpoints.py",
    "test_sagemaker_jobs.py",
    "test_walkthrough_retraining.py",
}

# A client of its own for each test is wanted; reading AWS's service models anew for each is not.
botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)


# Before pytest-xdist reads what belongs together.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs all that shares a platform or a synthesis; otherwise, a file."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.path.relative_to(TESTS))))


def _group(path: Path) -> str:
    match path.parts:
        case ("local", name):
            return "rollouts" if name in ROLLOUTS else "local"
        case ("infrastructure", *_):
            return "infrastructure"
    return str(path)
