"""The app stores' exports that benchmarks run on, when they lie beside the project."""

from pathlib import Path

from kindred.similarity.app import CatalogueApp
from ops.catalogue.formats import choose_format
from ops.catalogue.rows import Row, read_table

DATA = Path(__file__).parents[2] / "shared" / "data"
APPLE = DATA / "apple_store" / "apps.csv.gz"
GOOGLE = DATA / "google_play" / "apps.csv.gz"
WITHOUT = "../shared/data is not there"


def read_apps(path: Path) -> list[CatalogueApp]:
    table = read_table(path)
    read_app = choose_format(table.columns).read_app
    return [read_app(row.values) for row in table.rows if isinstance(row, Row)]
