"""Examples → a trained dual encoder, one pair at a time."""

from shopclip.pipelines.training.pipeline import create_ensemble, create_pipeline, create_preflight

__all__ = ["create_ensemble", "create_pipeline", "create_preflight"]
