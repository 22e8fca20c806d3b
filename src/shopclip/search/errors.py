"""What can go wrong in a search, for whoever asks and for whoever runs it."""

from __future__ import annotations

from shopclip.errors import ShopclipError


class SearchError(ShopclipError):
    """A catalogue cannot be searched: something is missing, damaged or does not fit together."""


class QueryError(SearchError):
    """A query cannot be answered as it is; the message says what it should be."""


class NotFoundError(QueryError):
    """A query names a product, a picture or a pair that is not there."""


MAX_CHARACTERS = 500  # of a text; no text tower reads further
MAX_BYTES = 8 * 1024 * 1024  # of an uploaded picture
MAX_PIXELS = 25_000_000  # of an uploaded picture, decoded; 75 MB
MAX_RESULTS = 100
MAX_CONDITIONS = 16  # attributes in a filter
MAX_VALUES = 64  # values of one attribute in a filter
