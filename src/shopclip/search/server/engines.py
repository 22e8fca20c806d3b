"""The pairs that a server answers with, each opened when it is first asked for."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from shopclip.search.engine import SearchEngine
from shopclip.search.errors import NotFoundError
from shopclip.search.locations import find, pairs


class Engines:
    """Search engines by pair.

    Args:
        folder: of a project, of its `data`, or of an export.
        pair: the one that answers where a query names none; by default the leaderboard's first.

    Raises:
        SearchError: there is nothing to search.
    """

    def __init__(self, folder: str | Path, *, pair: str | None = None) -> None:
        self.folder = Path(folder)
        self.default = find(folder, pair).pair
        self.pairs = pairs(folder)
        self._opened: dict[str, SearchEngine] = {}
        self._lock = Lock()

    def ready(self, pair: str | None) -> SearchEngine | None:
        """The engine of this pair if it is open."""
        return self._opened.get(pair or self.default)

    def __getitem__(self, pair: str | None) -> SearchEngine:
        """Raises:
        NotFoundError: no pair of this name can be searched with.
        """
        pair = pair or self.default
        if pair not in self.pairs:
            raise NotFoundError(f"no pair {pair[:60]!r}; there are {', '.join(self.pairs)}")
        if pair not in self._opened:
            with self._lock:
                if pair not in self._opened:
                    self._opened[pair] = SearchEngine.open(self.folder, pair=pair)
        return self._opened[pair]
