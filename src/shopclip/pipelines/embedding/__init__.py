"""A trained dual encoder → embeddings of every example."""

from shopclip.pipelines.embedding.pipeline import create_pipeline, create_queries

__all__ = ["create_pipeline", "create_queries"]
