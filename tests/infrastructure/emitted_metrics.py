"""What our code emits: what services print after real requests, and what functions' code adds."""

import ast
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.infrastructure.emitted_lines import ENVIRONMENT, NAMESPACE, every_line
from tests.infrastructure.synthesized import ROOT


@dataclass(frozen=True)
class Emitted:
    """A metric by what tells it from others; of its dimensions' values `service` alone counts."""

    namespace: str
    name: str
    dimensions: frozenset[str]
    service: str | None


def everything() -> set[Emitted]:
    """In an environment of the name ENVIRONMENT, which is a part of the functions' namespace."""
    by_requests = {each for line in every_line() for each in read_line(line)}
    return by_requests | set(functions())


def read_line(line: str) -> Iterator[Emitted]:
    """By the specification of CloudWatch's embedded metric format."""
    document = json.loads(line)
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            for metric in directive["Metrics"]:
                yield Emitted(
                    namespace=directive["Namespace"],
                    name=metric["Name"],
                    dimensions=frozenset(names),
                    service=document.get("service") if "service" in names else None,
                )


def functions(root: Path = ROOT / "lambda_src") -> Iterator[Emitted]:
    """By the code of each handler, and of what it imports from its own asset."""
    for path in sorted(root.glob("*/*.py")):
        tree = ast.parse(path.read_text())
        if not any(isinstance(n, ast.FunctionDef) and n.name == "handler" for n in tree.body):
            continue
        trees = [tree, *_imported(tree, root)]
        extra = {name for each in trees for name in _added(each, "add_dimension")}
        for each in trees:
            for name in {*_added(each, "add_metric"), *_handed_over(each)}:
                yield Emitted(
                    namespace=f"{NAMESPACE}/{ENVIRONMENT}",
                    name=name,
                    dimensions=frozenset({"service", *extra}),
                    service=path.stem,
                )


def _imported(tree: ast.Module, root: Path) -> Iterator[ast.Module]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            path = root / f"{node.module.replace('.', '/')}.py"
            if path.is_file():
                yield ast.parse(path.read_text())


def _added(tree: ast.Module, method: str) -> Iterator[str]:
    """Names that are written where they are added, to what the handler flushes itself."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == f"metrics.{method}":
            named = [each.value for each in call.keywords if each.arg == "name"]
            yield from texts([*call.args[:1], *named])


def _handed_over(tree: ast.Module) -> Iterator[str]:
    """Keys of the counts that a handler gives to its asset's `emit`."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and getattr(call.func, "id", None) == "emit"):
                continue
            given = call.args[0]
            if isinstance(given, ast.Dict):
                yield from texts(given.keys)
            if isinstance(given, ast.Name):
                yield from _keys_of(function, given.id)


def _keys_of(function: ast.FunctionDef, variable: str) -> Iterator[str]:
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id == variable:
                assert isinstance(node.value, ast.Dict), ast.unparse(node)
                yield from texts(node.value.keys)
            if isinstance(target, ast.Subscript) and getattr(target.value, "id", "") == variable:
                yield from texts([target.slice])


def texts(nodes: Iterable[ast.expr | None]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
