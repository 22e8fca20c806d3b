"""The small run of three pairs that the report is tested with."""

from tests.pipelines.reporting.conftest import (  # noqa: F401
    epoch_logs,
    evidence,
    examples,
    logs,
    make_leaderboard,
    metrics,
    parameters,
    untrained,
    unvalidated,
)
