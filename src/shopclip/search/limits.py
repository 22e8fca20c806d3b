"""How much a single query may ask for. Beyond these it is no shopper's query."""

MOST_CHARACTERS = 500  # of a text; no text tower reads further
MOST_BYTES = 8 * 1024 * 1024  # of an uploaded picture
MOST_PIXELS = 25_000_000  # of an uploaded picture, decoded; 75 MB
MOST_RESULTS = 100
MOST_CONDITIONS = 16  # attributes in a filter
MOST_VALUES = 64  # values of one attribute in a filter
