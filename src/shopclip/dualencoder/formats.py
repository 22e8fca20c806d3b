"""What is said of a folder or file that another version of this library wrote."""

from __future__ import annotations


def other_format(what: str, found: object, expected: int, remedy: str) -> str | None:
    """What is wrong and what to do; None if the format is the expected one.

    Args:
        what: the place and what is there, such as `data/06_models/a: a checkpoint`.
        remedy: how to make it anew.
    """
    if found == expected:
        return None
    newer = isinstance(found, int) and found > expected
    return (
        f"{what} of format {found}, this version reads {expected}; "
        f"{'upgrade shopclip, or ' if newer else ''}{remedy}"
    )
