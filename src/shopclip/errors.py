"""What all errors have in common that a user can mend."""


def first_line(error: BaseException) -> str:
    """Of what an error says; libraries go on for pages."""
    return str(error).strip().split("\n")[0]


class ShopclipError(Exception):
    """Its message is for the user: which file, row or key, what was expected, and what to do."""
