"""What keeps a tuning from starting."""

from shopclip.errors import ShopclipError


class TuningError(ShopclipError):
    """There is nothing to choose by, or nothing to choose from."""
