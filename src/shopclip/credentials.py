"""Secrets in addresses, which no log, report or record may show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_USER = re.compile(r"(?<=://)[^/?#\s]+(?=@)")  # to the last @: a password may hold others
_SECRET = re.compile(
    r"((?:^|[?&;,\s])(?:token|password|passwd|pwd|api_?key|secret|access_key)=)[^&;,\s'\"]+", re.I
)


def mask_credentials(text: str) -> str:
    """A text in which `user:password@` and `token=…` of addresses are three asterisks."""
    return _SECRET.sub(r"\1***", _USER.sub("***", text))


def bare_address(uri: str) -> str:
    """The address without what is said to be let in: no user, no password, no parameters."""
    return _USER.sub("", uri).replace("://@", "://").partition("?")[0]


def mask_all(value: Any) -> Any:
    """Nested parameters with every text masked."""
    if isinstance(value, str):
        return mask_credentials(value)
    if isinstance(value, Mapping):
        return {key: mask_all(member) for key, member in value.items()}
    if isinstance(value, Sequence):
        return [mask_all(member) for member in value]
    return value
