"""The search page and the JSON API behind it, one process on this machine."""
