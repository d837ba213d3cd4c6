"""What services import of the core runs on numpy alone: their images carry nothing more."""

import subprocess
import sys

RUNTIME = (
    "kindred.similarity.artefact",
    "kindred.similarity.explanation",
    "kindred.similarity.filters",
    "kindred.similarity.index",
    "kindred.prediction.track_record",
    "kindred_aws.artefact_store",
    "kindred_aws.experiment_table",
    "kindred_aws.metrics_table",
    "kindred_aws.request_log",
    "kindred_aws.unit_cache",
)
TRAINING_ONLY = ("scipy", "sklearn", "pyarrow", "threadpoolctl")


def test_services_need_no_training_library() -> None:
    code = f"""
import importlib, sys
sys.modules.update(dict.fromkeys({TRAINING_ONLY!r}))  # None makes an import of the name fail
for module in {RUNTIME!r}:
    importlib.import_module(module)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
