"""Reading product catalogues, whatever layout they come in."""

from shopclip.catalogue.layouts import Catalogue, CatalogueError, open_catalogue

__all__ = ["Catalogue", "CatalogueError", "open_catalogue"]
