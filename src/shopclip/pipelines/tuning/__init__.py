"""Examples → a better recipe and pair, tried on validation examples and judged by held-out ones."""

from shopclip.pipelines.tuning.pipeline import create_pipeline

__all__ = ["create_pipeline"]
