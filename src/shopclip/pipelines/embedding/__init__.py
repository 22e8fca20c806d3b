"""A trained dual encoder → embeddings of every example."""

from shopclip.pipelines.embedding.pipeline import create_pipeline

__all__ = ["create_pipeline"]
