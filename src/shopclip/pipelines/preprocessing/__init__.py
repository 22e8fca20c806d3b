"""Products → captions, splits, image store and examples."""

from shopclip.pipelines.preprocessing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
