"""An experiment that reports are written of."""

from kindred.experiments.definitions import (
    Experiment,
    ExperimentStatus,
    Metric,
    SamplePlan,
    Variation,
)

BUTTON = Experiment(
    key="button",
    name="Red button",
    status=ExperimentStatus.RUNNING,
    variations=(
        Variation(key="grey", name="Grey", weight=0.5, is_control=True),
        Variation(key="red", name="Red", weight=0.5),
    ),
    metrics=(Metric(key="signup", name="Signups"),),
    plan=SamplePlan(baseline=0.1, effect=0.2),
)
