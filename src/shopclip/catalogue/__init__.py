"""Reading product catalogues, whatever layout they come in."""

from shopclip.catalogue.columns import CatalogueError
from shopclip.catalogue.layouts import Catalogue, open_catalogue

__all__ = ["Catalogue", "CatalogueError", "open_catalogue"]
