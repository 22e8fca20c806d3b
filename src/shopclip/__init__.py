"""Train CLIP-style dual encoders on a product catalogue, compare them, search with the winner."""

__version__ = "0.3.0"
