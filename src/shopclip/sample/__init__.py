"""A small synthetic shop, drawn instead of downloaded."""

from shopclip.sample.catalogue import draw_catalogue

__all__ = ["draw_catalogue"]
