"""Raw catalogue → checked products and rejected ones."""

from shopclip.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
