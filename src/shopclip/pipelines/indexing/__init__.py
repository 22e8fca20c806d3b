"""Embeddings → an index that a search opens, one pair at a time."""

from shopclip.pipelines.indexing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
