"""What all errors have in common that a user can mend."""


class ShopclipError(Exception):
    """Its message is for the user: which file, row or key, what was expected, and what to do."""
