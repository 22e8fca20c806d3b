"""What can go wrong in a search, for whoever asks and for whoever runs it."""

from shopclip.errors import ShopclipError


class SearchError(ShopclipError):
    """A catalogue cannot be searched: something is missing, damaged or does not fit together."""


class QueryError(SearchError):
    """A query cannot be answered as it is; the message says what it should be."""
