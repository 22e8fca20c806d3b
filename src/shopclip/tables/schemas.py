"""The tables that cross from one room to another, checked whenever one is saved or loaded."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from shopclip.catalogue.columns import ATTRIBUTES

_attributes = {
    name: pa.Column(pd.Int64Dtype() if name == "year" else pd.StringDtype(), nullable=True)
    for name in ATTRIBUTES
}
_id = pa.Column(str, pa.Check.str_length(min_value=1), unique=True)
_caption = pa.Column(str, pa.Check.str_length(min_value=1))

Products = pa.DataFrameSchema(
    {"id": _id, "caption": _caption, **_attributes, "image": pa.Column(str)},
    strict=True,
    name="products",
)

RejectedProducts = pa.DataFrameSchema(
    {
        "id": pa.Column(str),
        "line": pa.Column("int64"),
        "reason": pa.Column(str),
        "detail": pa.Column(str),
    },
    strict=True,
    coerce=True,
    name="rejected_products",
)

_text = pa.Column(str, pa.Check.str_length(min_value=1), coerce=True)

Queries = pa.DataFrameSchema(
    {"task": _text, "label": _text, "text": _text}, strict=True, name="queries"
)

TrainedCaptions = pa.DataFrameSchema(
    {"caption_hash": pa.Column("uint64", unique=True)}, strict=True, name="trained_captions"
)

Examples = pa.DataFrameSchema(
    {
        "id": _id,
        "row": pa.Column("int64", pa.Check.ge(0), unique=True),
        "caption_id": pa.Column("int64", pa.Check.ge(0)),
        "split": pa.Column(str, pa.Check.isin(["train", "validation", "held_out"])),
        "caption": _caption,
        **_attributes,
    },
    strict=True,
    name="examples",
)
