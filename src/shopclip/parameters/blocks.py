"""The settings of the configuration with their units and bounds.

Kedro builds these models from `conf/` because nodes are annotated with them, so that a wrong key
or value is one error before anything runs. The hyperparameters of training are dataclasses in
`shopclip.dualencoder.recipe`, which has to work without pydantic.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    field_validator,
    model_validator,
)

from shopclip.catalogue.columns import ATTRIBUTES
from shopclip.dualencoder.encoder_config import ImageEncoder, Source, TextEncoder
from shopclip.dualencoder.recipe import Recipe
from shopclip.search.index.protocol import IndexSettings, Kind

MAX_SEED = 2**32 - 1  # that every generator of every library takes

PairName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Parameters(BaseModel):
    """Strict about its keys: a misspelt one is an error, not a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def plain(value: Any) -> Any:
    """Models, dataclasses and what holds them as nested dictionaries, anything else as it is."""
    if isinstance(value, BaseModel):
        return value.model_dump()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return {key: plain(member) for key, member in value.items()}
    return value


AttributeName = Literal[
    "gender",
    "masterCategory",
    "subCategory",
    "articleType",
    "baseColour",
    "season",
    "year",
    "usage",
]
Column = Literal["id", "caption", "image", AttributeName]


class CatalogueParameters(Parameters):
    """Which products a run is about, and how much of a catalogue may be unusable."""

    path: str = Field(
        "sample",
        min_length=1,
        description="folder or file of the catalogue, owner/name on the Hugging Face hub, "
        "or `sample`",
    )
    columns: dict[Column, Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict,
        description="what the catalogue calls its columns, where the name differs",
    )
    max_rejected: float = Field(
        0.05, ge=0, le=1, description="share of rejected rows above which a run stops"
    )
    max_caption: int = Field(
        2000, ge=1, description="characters; a longer caption is cut there, its product is kept"
    )
    limit: int | None = Field(None, ge=1, description="products drawn at random; null takes all")
    seed: int = Field(0, ge=0, le=MAX_SEED, description="decides which products `limit` draws")


def _around_value(template: str) -> str:
    if template_fields(template) != ("value",):
        raise ValueError(f"{template!r}: expected {{value}} once and no other braces")
    return template


ValueTemplate = Annotated[str, AfterValidator(_around_value)]


def _usual_templates() -> dict[AttributeName, list[str]]:
    """Those of `conf/base`, which an environment loses that sets another key of evaluation."""
    return {
        "articleType": ["{value}", "a photo of {value}", "a product photo of {value}"],
        "subCategory": ["{value}", "a photo of {value}", "a product photo of {value}"],
        "baseColour": ["{value}", "a {value} product", "a photo of a {value} product"],
        "gender": ["{value}", "a product for {value}", "a photo of a product for {value}"],
    }


class Size(Parameters):
    """Height and width in pixels."""

    height: int = Field(ge=8, le=1024, description="height in pixels")
    width: int = Field(ge=8, le=1024, description="width in pixels")

    @property
    def pixels(self) -> tuple[int, int]:
        return self.height, self.width


class ImageParameters(Parameters):
    """How pictures are kept and how the towers see them."""

    stored: Size = Field(
        Size(height=80, width=60), description="size in the image store; no larger than the source"
    )
    size: Size = Field(
        Size(height=64, width=48), description="size of the tensors that the image towers see"
    )


def template_fields(template: str) -> tuple[str, ...]:
    """The names between braces, in their order.

    Raises:
        ValueError: braces do not match, or hold more than a name.
    """
    parsed = list(Formatter().parse(template))
    if any(spec or conversion for _, _, spec, conversion in parsed):
        raise ValueError(f"{template!r}: braces hold a name alone, such as {{baseColour}}")
    return tuple(name for _, name, _, _ in parsed if name is not None)


class CaptionParameters(Parameters):
    """What the text towers are trained with. Held-out captions always stay as they are."""

    template: str | None = Field(
        None,
        description="training captions made of {caption} and attributes such as {baseColour}; "
        "null trains with the caption alone",
    )
    field_dropout: float = Field(
        0.3, ge=0, le=1, description="chance of a known attribute to be left out of a variant"
    )
    variants: int = Field(
        4, ge=1, le=64, description="enriched captions a product, of which a step draws one"
    )

    @field_validator("template")
    @classmethod
    def _names_columns(cls, template: str | None) -> str | None:
        if template is None:
            return None
        fields = template_fields(template)
        if unknown := [name for name in fields if name not in ("caption", *ATTRIBUTES)]:
            columns = ", ".join(("caption", *ATTRIBUTES))
            raise ValueError(f"{{{unknown[0]}}} is no column of a product; expected {columns}")
        if not fields:
            raise ValueError("has no field, so that all captions would be the same")
        return template


class SplitParameters(Parameters):
    """Which products are kept out of training."""

    held_out: float = Field(0.25, ge=0, le=1, description="share of the captions kept out")
    validation: float = Field(
        0.05,
        ge=0,
        le=1,
        description="share of the captions by which the best epoch is chosen; not trained on",
    )
    seed: int = Field(0, description="decides which captions are kept out")
    benchmark: str | None = Field(
        None,
        min_length=1,
        description="ground truth of a public benchmark, JSON {caption: {id: 1}}, whose captions "
        "and ids, and every product that shares a caption with them, are kept out as well",
    )


class Pair(Parameters):
    """A text encoder with an image encoder, a whole public model, or several other pairs."""

    text: TextEncoder | None = Field(None, description="the text encoder")
    image: ImageEncoder | None = Field(None, description="the image encoder")
    name: str | None = Field(
        None,
        min_length=1,
        description="hub name or local folder of a public model with both towers, instead of text "
        "and image; hf-hub:owner/name and local-dir:folder are in open_clip's format",
    )
    revision: str | None = Field(
        None, min_length=1, description="branch, tag or commit of `name` on the hub"
    )
    subfolder: str | None = Field(
        None, min_length=1, description="folder inside `name` that holds the model"
    )
    ensemble: dict[PairName, Annotated[float, Field(gt=0)]] | None = Field(
        None,
        min_length=2,
        description="other pairs by name with a weight each, instead of encoders: this pair's "
        "similarity is the weighted mean of theirs, and nothing is trained",
    )
    recipe: dict[str, Any] = Field(
        default_factory=dict, description="values of training.recipe that this pair sets itself"
    )
    repeats: str | None = Field(
        None, description="the pair of which this is another run; training.seeds sets it"
    )
    seed: int = Field(0, ge=0, le=MAX_SEED, description="added to training.seed")
    label: str = Field("", description="the pair's name, by which nodes know it; set by itself")

    @model_validator(mode="after")
    def _has_two_towers(self) -> Self:
        towers = self.text, self.image
        if self.ensemble is not None:
            others: dict[str, Any] = {"text": self.text, "image": self.image, "name": self.name}
            others["recipe"] = self.recipe or None
            if extra := [key for key, value in others.items() if value is not None]:
                raise ValueError(
                    f"{extra[0]} is of a pair that is trained, and an ensemble takes others as "
                    "they are; leave it out"
                )
            return self
        if self.name is None and None in towers:
            missing = "text" if self.text is None else "image"
            raise ValueError(
                f"{missing} is missing: a pair takes `text` and `image`, an encoder each, or "
                "`name`, a public model with both towers, or `ensemble`, other pairs"
            )
        if self.name is not None and towers != (None, None):
            raise ValueError(
                "a pair takes either `name`, a public model with both towers, or `text` and "
                "`image`; to take one tower of a public model, name it there"
            )
        if self.name is None and (self.revision or self.subfolder):
            raise ValueError("revision and subfolder belong to `name`; give them to text or image")
        return self

    @property
    def public(self) -> Source | None:
        """Where a whole public model comes from."""
        if self.name is None:
            return None
        return Source(name=self.name, revision=self.revision, subfolder=self.subfolder)

    @property
    def towers(self) -> tuple[TextEncoder, ImageEncoder]:
        """Of a pair that is no whole public model."""
        assert self.text is not None
        assert self.image is not None
        return self.text, self.image


def _names_a_device(device: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", device):
        raise ValueError(f"{device!r} is no device; expected auto, cpu, cuda or cuda:N")
    return device


class TrainingParameters(Parameters):
    """How every pair is trained."""

    recipe: Recipe = Recipe()
    embed_dim: int = Field(128, ge=2, le=4096, description="width of the shared space")
    device: Annotated[str, AfterValidator(_names_a_device)] = Field(
        "auto", description="auto, cpu, cuda or cuda:N"
    )
    workers: int = Field(
        1,
        ge=1,
        le=4096,
        description="processes that share every batch, each with a GPU or a share of the cores",
    )
    seed: int = Field(
        0, ge=0, le=MAX_SEED, description="of weights, order, augmentation and dropout"
    )
    seeds: int = Field(
        1, ge=1, le=100, description="runs of every pair, from as many seeds, which are pooled"
    )
    resume: bool = Field(
        True, description="resume from the last state of the same training; false begins again"
    )
    state_seconds: float = Field(
        60, ge=0, description="least seconds between two states that a killed run resumes from"
    )
    checkpoints: str = Field(
        "data/06_models/training-states",
        min_length=1,
        description="folder that a killed run resumes from, with one for each pair; may be deleted",
    )
    encoder_features: str = Field(
        "data/04_feature",
        min_length=1,
        description="folder of what frozen encoders say, shared by the pairs; may be deleted",
    )

    def recipe_for(self, pair: Pair) -> Recipe:
        """The shared recipe with the pair's own hyperparameters in place.

        Raises:
            pydantic.ValidationError: a hyperparameter does not exist or is out of bounds.
        """
        return TypeAdapter(Recipe).validate_python({**asdict(self.recipe), **pair.recipe})


class EngineParameters(Parameters):
    """What decodes, trains and embeds."""

    kind: Literal["local", "ray"] = Field(
        "local", description="this machine, or a Ray cluster (pip install -e '.[ray]')"
    )
    address: str | None = Field(
        None,
        min_length=1,
        description="of a running Ray cluster, such as auto or head:6379; null starts one on this "
        "machine",
    )


class EvaluationParameters(Parameters):
    """How the pairs are judged."""

    resamples: int = Field(1000, ge=100, description="bootstrap resamples behind an interval")
    confidence: float = Field(0.95, gt=0, lt=1, description="coverage of the intervals")
    gallery_captions: int = Field(
        6, ge=1, description="captions whose retrieved pictures are shown"
    )
    gallery_pictures: int = Field(6, ge=1, description="pictures shown for each of them")
    benchmark: str | None = Field(
        None,
        min_length=1,
        description="ground truth of a public benchmark to score, in the format of "
        "splits.benchmark; null scores none",
    )
    contamination: Literal["mark", "refuse"] = Field(
        "mark", description="what to do with a pair that was trained with the benchmark's queries"
    )
    zero_shot: dict[AttributeName, Annotated[list[ValueTemplate], Field(min_length=1)]] = Field(
        default_factory=_usual_templates,
        description="attributes to classify by, each with templates around {value}",
    )


class IndexParameters(Parameters):
    """How every pair's embeddings are indexed for search."""

    kind: Kind = Field("exact", description="exact, approximate (HNSW), or milvus")
    min_recall: float = Field(
        0.95, ge=0, le=1, description="share of the exact ten nearest that it has to find"
    )
    m: int = Field(32, ge=4, le=256, description="neighbours a vector is linked to (HNSW)")
    ef_construction: int = Field(
        200, ge=4, le=10_000, description="candidates looked at when a vector is linked (HNSW)"
    )
    ef_search: int = Field(
        128, ge=1, le=10_000, description="candidates looked at when a query is answered (HNSW)"
    )
    uri: str = Field(
        "data/07_model_output/milvus.db",
        min_length=1,
        description="of Milvus: a file for Milvus Lite, or http(s)://… of a server or cluster",
    )

    @property
    def settings(self) -> IndexSettings:
        return IndexSettings(**self.model_dump())
