"""Search in a catalogue with a trained pair: plain Python, no Kedro.

Names are imported on first use, so that the command line starts without what it does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shopclip.search.description import Description
    from shopclip.search.engine import Hit, SearchEngine
    from shopclip.search.errors import NotFoundError, QueryError, SearchError

_HOMES = {
    "Description": "description",
    "Hit": "engine",
    "NotFoundError": "errors",
    "QueryError": "errors",
    "SearchEngine": "engine",
    "SearchError": "errors",
}

__all__ = ["Description", "Hit", "NotFoundError", "QueryError", "SearchEngine", "SearchError"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
