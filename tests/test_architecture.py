"""Who may import whom, and how long a file may be: the house's arrows, read from the sources."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STANDARD = sys.stdlib_module_names
LONGEST_FILE = 300

# Where deciding is arithmetic. Fitting happens where models are made, never in a service.
ARITHMETIC = {"numpy"}
FITTING = {
    "core_src/kindred/similarity/fitting.py": {"scipy", "sklearn", "threadpoolctl"},
    "core_src/kindred/similarity/click_model.py": {"scipy"},
}
STATISTICS = ("core_src/kindred/experiments/statistics/", "core_src/kindred/drift/")
# One module each, named: the wire's codec, and the cipher of encrypted payloads.
LIBRARIES = {
    "core_src/kindred/experiments/events.py": {"msgspec"},
    "core_src/kindred/experiments/engine/decryption.py": {"cryptography"},
}
# Of AWS and of data stores: what an adapter is made of.
CLIENTS = {
    "boto3",
    "botocore",
    "redis",
    "types_boto3_application_autoscaling",
    "types_boto3_athena",
    "types_boto3_cloudwatch",
    "types_boto3_dynamodb",
    "types_boto3_events",
    "types_boto3_kinesis",
    "types_boto3_lambda",
    "types_boto3_logs",
    "types_boto3_s3",
    "types_boto3_sagemaker",
    "types_boto3_sagemaker_featurestore_runtime",
    "types_boto3_sagemaker_runtime",
    "types_boto3_secretsmanager",
    "types_boto3_sns",
    "types_boto3_sqs",
    "types_boto3_stepfunctions",
    "types_boto3_xray",
}
INFRASTRUCTURE = {"aws_cdk", "cdk_nag", "constructs", "jsii", "kindred_constructs", "stacks"}


def sources(*folders: str) -> list[Path]:
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "__pycache__" not in path.parts
    ]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    """Whole module names, of relative imports too, wherever in the file they stand."""
    package = [*path.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            yield ".".join([*base, *([node.module] if node.module else [])])


def foreign(path: Path, *own: str) -> set[str]:
    """Packages that are neither the standard library's nor the file's own."""
    roots = {module.split(".")[0] for module in imports(path)}
    return roots - STANDARD - set(own)


def services() -> list[str]:
    return sorted(
        path.name
        for path in (ROOT / "service_src").iterdir()
        if path.is_dir() and path.name != "kindred_service" and path.name != "__pycache__"
    )


@pytest.mark.parametrize("path", sources("core_src/kindred"), ids=shown)
def test_decisions_import_nothing_but_arithmetic(path):
    name = shown(path)
    allowed = ARITHMETIC | FITTING.get(name, set()) | LIBRARIES.get(name, set())
    if name.startswith(STATISTICS):
        allowed = allowed | {"scipy"}

    assert foreign(path, "kindred") <= allowed


@pytest.mark.parametrize("path", sources("core_src/kindred/experiments/engine"), ids=shown)
def test_the_engine_fits_at_the_edge(path):
    assert foreign(path, "kindred") <= LIBRARIES.get(shown(path), set())


@pytest.mark.parametrize("path", sources("core_src/kindred_aws"), ids=shown)
def test_adapters_import_decisions_and_clients(path):
    assert foreign(path, "kindred_aws", "kindred") <= CLIENTS


@pytest.mark.parametrize(
    "path", sources("core_src", "lambda_src", "service_src", "training_src"), ids=shown
)
def test_what_runs_knows_nothing_of_what_describes_it(path):
    assert foreign(path).isdisjoint(INFRASTRUCTURE | {"ops", "tests", "benchmarks"})


@pytest.mark.parametrize("name", services())
def test_services_share_the_shared_package_and_nothing_else(name):
    others = set(services()) - {name}

    for path in sources(f"service_src/{name}"):
        assert foreign(path).isdisjoint(others), shown(path)
    for path in sources("service_src/kindred_service"):
        assert foreign(path).isdisjoint(services()), shown(path)


@pytest.mark.parametrize("path", sources("lambda_src", "service_src"), ids=shown)
def test_functions_and_services_do_not_know_each_other(path):
    room, own = path.relative_to(ROOT).parts[:2]
    others = {
        folder.name
        for folder in [*(ROOT / "lambda_src").iterdir(), *(ROOT / "service_src").iterdir()]
        if folder.is_dir() and folder.name not in {own, "kindred_service"}
    }
    if room == "lambda_src":
        others.add("kindred_service")

    assert foreign(path).isdisjoint(others)


@pytest.mark.parametrize("path", sources("lambda_src/edge_functions"), ids=shown)
def test_the_edge_has_the_standard_library_and_the_engine(path):
    assert foreign(path, "edge_functions") <= {"kindred"}


@pytest.mark.parametrize("path", sources("service_src"), ids=shown)
def test_no_service_loads_what_only_fitting_needs(path):
    assert foreign(path).isdisjoint({"scipy", "sklearn", "pyarrow"})
    assert "kindred.similarity.fitting" not in set(imports(path))


@pytest.mark.parametrize("path", sources("training_src"), ids=shown)
def test_the_containers_of_models_know_decisions_and_not_each_other(path):
    """Neither AWS nor a service: SageMaker brings their data and takes their results away."""
    own = path.relative_to(ROOT).parts[1]
    allowed = ARITHMETIC | {
        "embedding_training": {"threadpoolctl"},
        "embedding_inference": {"anyio", "msgspec", "starlette", "uvicorn"},
    }.get(own, set())

    assert foreign(path, own, "kindred") <= allowed
    assert "kindred.similarity.fitting" not in set(imports(path))


@pytest.mark.parametrize("path", sources("constructs"), ids=shown)
def test_constructs_know_no_stack(path):
    allowed = {"aws_cdk", "constructs", "jsii"}

    assert foreign(path, "kindred_constructs") <= allowed


@pytest.mark.parametrize("path", sources("stacks"), ids=shown)
def test_stacks_know_constructs_and_not_what_runs(path):
    allowed = {"aws_cdk", "cdk_nag", "constructs", "jsii", "pydantic", "pydantic_core", "yaml"}

    assert foreign(path, "stacks", "kindred_constructs") <= allowed


def test_the_application_knows_the_stacks_alone():
    assert foreign(ROOT / "app.py") == {"stacks"}
    assert len((ROOT / "app.py").read_text().splitlines()) < 60


@pytest.mark.parametrize("path", sources("constructs", "stacks"), ids=shown)
def test_only_the_application_chooses(path):
    """Neither context nor the process environment is read below `app.py`."""
    text = path.read_text("utf-8")

    assert "try_get_context" not in text
    assert "os.environ" not in text
    assert "getenv" not in text


def test_the_folder_constructs_hides_no_library():
    import constructs

    assert not (ROOT / "constructs" / "__init__.py").exists()
    assert "site-packages" in str(constructs.__file__)


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "app.py",
        *sources("benchmarks", "constructs", "core_src", "lambda_src", "ops"),
        *sources("service_src", "stacks", "tests", "training_src"),
    ],
    ids=shown,
)
def test_a_file_is_short_enough_to_be_read(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE
