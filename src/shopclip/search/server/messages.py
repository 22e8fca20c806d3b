"""What goes over the wire: every field bounded, every unknown field refused."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

from shopclip.search import selection
from shopclip.search.description import Description
from shopclip.search.engine import Hit
from shopclip.search.errors import (
    MAX_BYTES,
    MAX_CHARACTERS,
    MAX_CONDITIONS,
    MAX_RESULTS,
    MAX_VALUES,
    QueryError,
)

MAX_FIELDS = 20  # of one object; none has half as many
Value = StrictInt | StrictFloat | Annotated[StrictStr, Field(max_length=MAX_CHARACTERS)]
Pair = Annotated[str | None, Field(max_length=100, description="by default the best one")]
Id = Annotated[str, Field(min_length=1, max_length=200, description="of a product")]
Count = Annotated[int, Field(ge=1, le=MAX_RESULTS, description="how many")]
Encoded = Annotated[
    str | None,
    Field(
        # Base64 has four characters for three bytes; room for a data URL's own beginning.
        max_length=(MAX_BYTES + 1) * 4 // 3 + 200,
        description="a JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF in base64, or a data URL of one",
    ),
]


class Message(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _has_few_fields(cls, given: Any) -> Any:
        """Counted before each unknown one becomes an error of its own."""
        if isinstance(given, dict) and len(given) > MAX_FIELDS:
            raise ValueError(f"{len(given)} fields, expected at most {MAX_FIELDS}")
        return given


class Range(Message):
    """Numbers from min to max, both included."""

    min: float | None = None
    max: float | None = None


Wanted = Value | Annotated[list[Value], Field(min_length=1, max_length=MAX_VALUES)] | Range
Where = Annotated[
    dict[Annotated[str, Field(max_length=100)], Wanted],
    Field(
        max_length=MAX_CONDITIONS,
        description="attribute → value, list of values, or range; all have to hold, and a value "
        "that no product has finds nothing",
    ),
]


class SearchQuery(Message):
    """A text, a picture (given, or that of a product), or both."""

    text: str | None = Field(None, max_length=MAX_CHARACTERS)
    picture: Encoded = None
    id: Id | None = Field(None, description="search by the picture of this product")
    weight: float = Field(0.5, ge=0, le=1, description="of the text beside a picture")
    k: Count = 10
    where: Where = Field(default_factory=dict)
    pair: Pair = None


class SimilarQuery(Message):
    """The products most similar to one."""

    id: Id
    k: Count = 10
    where: Where = Field(default_factory=dict)
    pair: Pair = None


class DescribeQuery(Message):
    """A picture, or that of a product."""

    picture: Encoded = None
    id: Id | None = None
    k: Annotated[int, Field(ge=1, le=MAX_RESULTS, description="how many captions")] = 5
    pair: Pair = None


class BrowseQuery(Message):
    """What a catalogue has, without a query."""

    k: Count = 10
    where: Where = Field(default_factory=dict)
    pair: Pair = None


class ShownProduct(BaseModel):
    id: str
    caption: str
    attributes: dict[str, str | int | float]


class FoundProduct(ShownProduct):
    similarity: float = Field(description="cosine of the query and the product's picture")

    @classmethod
    def of(cls, hit: Hit) -> FoundProduct:
        return cls.model_construct(**vars(hit.product), similarity=hit.similarity)


class Found(BaseModel):
    pair: str
    hits: list[FoundProduct]
    notes: list[str] = Field(description="values of the filter that no product has")


class Facet(BaseModel):
    """A value of an attribute."""

    value: str | int | float
    count: int = Field(description="products that have it and fit the rest of the filter")


class Browsed(BaseModel):
    pair: str
    products: list[ShownProduct] = Field(description="evenly drawn of those that fit the filter")
    facets: dict[str, list[Facet]]
    notes: list[str] = Field(description="values of the filter that no product has")


class Likely(BaseModel):
    value: str | int | float
    score: float = Field(description="calibrated on held-out products, in [0, 1]")


class LikelyAttribute(BaseModel):
    name: str
    error: float | None = Field(
        description="expected calibration error on held-out products; null if not calibrated"
    )
    values: list[Likely]


class NearCaption(BaseModel):
    caption: str
    similarity: float


class Described(BaseModel):
    pair: str
    captions: list[NearCaption]
    attributes: list[LikelyAttribute]

    @classmethod
    def of(cls, pair: str, description: Description) -> Described:
        return cls(
            pair=pair,
            captions=[NearCaption(caption=c, similarity=s) for c, s in description.captions],
            attributes=[
                LikelyAttribute(
                    name=one.name,
                    error=one.error,
                    values=[Likely(value=value, score=score) for value, score in one.values],
                )
                for one in description.attributes
            ],
        )


class Problem(BaseModel):
    """What is wrong with a query."""

    error: str


class Catalogue(BaseModel):
    """What can be asked."""

    pair: str
    pairs: list[str]
    products: int
    filters: dict[str, list[str | int | float]]
    examples: list[str]


def decoded(picture: str) -> bytes:
    """Raises:
    QueryError: it is no base64.
    """
    body = picture.partition(",")[2] if picture.startswith("data:") else picture
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise QueryError("picture: no base64; encode the bytes of the file") from error


def plain(where: dict[str, Wanted]) -> dict[str, selection.Wanted]:
    """The filter as the engine takes it."""
    return {
        name: condition.model_dump(exclude_none=True) if isinstance(condition, Range) else condition
        for name, condition in where.items()
    }
