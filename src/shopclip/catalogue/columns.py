"""The columns of a catalogue, by their Kaggle names."""

CAPTION = "productDisplayName"
ATTRIBUTES = (
    "gender",
    "masterCategory",
    "subCategory",
    "articleType",
    "baseColour",
    "season",
    "year",
    "usage",
)
COLUMNS = ("id", *ATTRIBUTES, CAPTION)
