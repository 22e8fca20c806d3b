"""Embeddings → ranks → metrics, one pair at a time."""

from shopclip.pipelines.evaluation.pipeline import create_pipeline, create_run_pipeline

__all__ = ["create_pipeline", "create_run_pipeline"]
