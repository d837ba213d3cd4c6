"""Every environment is synthesized once, by the command line, with policy, without network."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import pytest

from stacks.environment import Environment
from stacks.environment_file import load_environment
from tests.infrastructure.synthesized import (
    CDK,
    ENVIRONMENTS,
    SYNTHESIZED,
    UNBUNDLED,
    Synthesized,
    run_cdk,
    without_network,
)

# Applications made in this process leave out the library's own validation, which is most of their
# time; the assembly below has it, from the command line. Read when the library is first imported.
os.environ["CDK_VALIDATION"] = "false"


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In one process, since policy starts once in each; a finding of it fails the command line."""
    if not CDK.exists():
        pytest.fail("the CDK command line is missing: run `npm ci`")
    output = tmp_path_factory.mktemp("assembly") / "cdk.out"
    environments = f"environment={','.join(SYNTHESIZED)}"
    result = run_cdk(output, "--context", environments, *UNBUNDLED, prefix=without_network())
    assert result.returncode == 0, result.stderr
    return output


@pytest.fixture(scope="session")
def platforms(assembly: Path) -> dict[str, Synthesized]:
    return {name: Synthesized(assembly, f"Kindred-{name}") for name in ENVIRONMENTS}


@pytest.fixture(scope="session")
def extreme(assembly: Path) -> Synthesized:
    """The largest tier, in two regions."""
    return Synthesized(assembly, "Kindred-extreme")


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """A strategy for each service, tiers of clients, and channels for alarms."""
    from tests.infrastructure.choices import SERVED, synthesize_choices

    output = tmp_path_factory.mktemp("mixed")
    synthesize_choices("dev", output, {"mixed": SERVED})
    return Synthesized(output, "Kindred-mixed-dev")


@pytest.fixture(scope="session")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of an environment, waited for by itself: all take longer than a test may.

    Python and Node wait for each other: two fill two cores.
    """
    from tests.infrastructure.choices import synthesize_instances

    output = tmp_path_factory.mktemp("matrix")
    # They end before garbage matters, and looking for it began with the library's import.
    workers = ProcessPoolExecutor(
        max_workers=2, mp_context=get_context("spawn"), initializer=gc.disable
    )
    made = {
        name: workers.submit(synthesize_instances, name, output / name) for name in ENVIRONMENTS
    }
    # They end when all is made.
    workers.shutdown(wait=False)

    def folder(name: str) -> Path:
        made[name].result()
        return output / name

    return folder


@pytest.fixture(params=ENVIRONMENTS)
def environment_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def instances(matrix: Callable[[str], Path]) -> Callable[[str, str], Synthesized]:
    """Each read once; by environment and instance."""
    return cache(
        lambda environment, instance: Synthesized(
            matrix(environment), f"Kindred-{instance}-{environment}"
        )
    )


@pytest.fixture
def toggled(
    instances: Callable[[str, str], Synthesized], environment_name: str
) -> Callable[[str], Synthesized]:
    """The instance that has made a choice."""
    from tests.infrastructure.choices import instance_of

    return lambda choice: instances(environment_name, instance_of(choice))


@cache
def _loaded(name: str) -> Environment:
    return load_environment(name)


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> Environment:
    return _loaded(request.param)


@pytest.fixture
def platform(environment: Environment, platforms: dict[str, Synthesized]) -> Synthesized:
    return platforms[environment.name]
