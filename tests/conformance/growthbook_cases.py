"""GrowthBook's cases for evaluators, and how each of their functions is asked of our engine."""

import json
from pathlib import Path
from typing import Any

import pytest

from kindred.experiments.engine.context import Context
from kindred.experiments.engine.results import ExperimentResult, FlagResult

SUITE = Path(__file__).parents[3] / "shared/conformance/growthbook/packages/sdk-js/test/cases.json"
WITHOUT = "../shared/conformance/growthbook is not there"


def load(function: str) -> list[Any]:
    """One pytest parameter a case; the module that asks must skip when the suite is absent."""
    if not SUITE.is_file():
        return []
    cases = json.loads(SUITE.read_text("utf-8"))[function]
    return [
        pytest.param(*_padded(function, case), id=f"{function}: {_name(function, case)}")
        for case in cases
    ]


def context_of(given: dict[str, Any], *, sticky: Any = None) -> Context:
    return Context(
        given.get("attributes", {}),
        url=given.get("url", ""),
        forced_variations=given.get("forcedVariations", {}),
        sticky=sticky,
        qa_mode=given.get("qaMode", False),
        enabled=given.get("enabled", True),
    )


def payload_of(given: dict[str, Any]) -> dict[str, Any]:
    names = ("features", "experiments", "savedGroups", "contextualBandits")
    return {name: given[name] for name in names if name in given}


def spelled(result: FlagResult) -> dict[str, Any]:
    """A flag's result in the suite's words."""
    answer = {
        "value": result.value,
        "on": result.on,
        "off": not result.on,
        "source": result.source,
        "ruleId": result.rule_id,
    }
    if result.experiment is not None and result.assignment is not None:
        answer |= {
            "experiment": result.experiment,
            "experimentResult": spelled_assignment(result.assignment),
        }
    return answer


def spelled_assignment(result: ExperimentResult) -> dict[str, Any]:
    answer = {
        "key": result.key,
        "variationId": result.variation_id,
        "value": result.value,
        "inExperiment": result.in_experiment,
        "hashUsed": result.hash_used,
        "hashAttribute": result.hash_attribute,
        "hashValue": result.hash_value,
        "featureId": result.feature_id,
        "stickyBucketUsed": result.sticky_used,
    }
    if result.bucket is not None:
        answer["bucket"] = result.bucket
    if result.name is not None:
        answer["name"] = result.name
    if result.bandit is not None:
        answer |= {"leafId": result.bandit.leaf_id, "variationWeights": result.bandit.weights}
        if result.bandit.version is not None:
            answer["banditVersion"] = result.bandit.version
    return answer


def sticky_documents(documents: list[dict[str, Any]], attributes: dict[str, Any]) -> dict[str, Any]:
    """Of the stored documents those of this unit, as a store would be asked for them."""
    own = {f"{name}||{value}" for name, value in attributes.items()}
    keyed = {f"{one['attributeName']}||{one['attributeValue']}": one for one in documents}
    return {key: document for key, document in keyed.items() if key in own}


def _padded(function: str, case: list[Any]) -> list[Any]:
    if function == "evalCondition":
        return [*case[1:], *([{}] if len(case) == 4 else [])]
    return case if function in ("hash", "getEqualWeights") else case[1:]


def _name(function: str, case: list[Any]) -> str:
    return "-".join(map(str, case[:-1])) if function in ("hash", "getEqualWeights") else case[0]
