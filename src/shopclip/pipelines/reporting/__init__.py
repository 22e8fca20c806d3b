"""Every pair's metrics, logs and pictures → leaderboard, figures, report."""

from shopclip.pipelines.reporting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
