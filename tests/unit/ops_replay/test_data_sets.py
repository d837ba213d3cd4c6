"""The shared data sets count as was published of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.replay.data_sets import DATA_SETS
from ops.replay.direct_count import count_directly
from ops.replay.replaying import Source


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "cookie_cats",
            {"gate_30 units": 44_700, "gate_40 units": 45_489, "gate_30 retention_7 total": 8_502},
        ),
        (
            "ab_data",
            {
                "control units": 145_274,
                "control converted total": 17_489,
                "treatment units": 145_310,
                "treatment converted total": 17_264,
                "mismatched units": 3_893,
            },
        ),
    ],
)
def test_the_real_files_count_as_published(name, expected):
    path: Path = DATA_SETS[name].path
    if not path.is_file():
        pytest.skip(f"{path} is not there")

    source = Source(data_set=DATA_SETS[name], path=path, experiment="e", rows=None)
    (counted,) = count_directly(source.visits()).values()

    assert {line: counted.lines()[line] for line in expected} == expected
