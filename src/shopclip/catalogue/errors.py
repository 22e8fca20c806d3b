"""What can be wrong with a catalogue as a whole."""

from shopclip.errors import ShopclipError


class CatalogueError(ShopclipError):
    """A catalogue cannot be used at all; the message says where and what to do."""
