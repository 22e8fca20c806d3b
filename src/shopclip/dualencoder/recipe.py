"""Everything about training that is not an encoder, as one checked dataclass."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

Mode = Literal["train", "frozen", "cached", "lora"]


# A misspelt key is an error, not a default.
STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Recipe:
    """How two towers learn, whatever their encoders."""

    epochs: int = Field(
        default=12,
        ge=0,
        description="passes over the training examples; 0 keeps the towers as loaded",
    )
    batch_size: int = Field(
        default=64, ge=2, description="examples a step, which are each other's negatives"
    )
    micro_batch: int | None = Field(
        default=None,
        ge=1,
        description="examples a forward pass; fewer than a batch keep the step and save memory by "
        "caching gradients",
    )
    loss: Literal["info_nce", "siglip"] = Field(
        default="info_nce", description="the contrastive loss"
    )
    temperature: float | None = Field(
        default=None,
        ge=0.01,
        le=10,
        description="initial temperature; null: 0.07 for info_nce, 0.1 for siglip",
    )

    teacher: str | None = Field(
        default=None,
        min_length=1,
        description="another pair, whose embeddings of the training examples this one learns from",
    )
    teacher_weight: float = Field(
        default=10.0, ge=0, description="of the squared distance to them, beside the loss"
    )

    attribute_weight: float = Field(
        default=0.0,
        ge=0,
        description="of predicting the products' attributes from both embeddings, beside the loss",
    )

    text_mode: Mode = Field(
        default="train",
        description="train the text encoder, keep it frozen, also cache its features on disk, or "
        "learn low-rank adapters beside it (lora); projections always learn",
    )
    image_mode: Mode = Field(
        default="train", description="the same of the image encoder; cached sees no augmentation"
    )

    lora_rank: int = Field(default=8, ge=1, le=1024, description="rank of LoRA's adapters")
    lora_alpha: int = Field(
        default=16, ge=1, description="scale of LoRA's adapters, which is lora_alpha / lora_rank"
    )
    layer_decay: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="learning rate of an encoder's layer by that of the layer above it",
    )
    unlocked_layers: int | None = Field(
        default=None,
        ge=1,
        description="blocks of each encoder that learn, counted from the top; null: all of it",
    )
    projection_epochs: int = Field(
        default=0, ge=0, description="epochs at first in which projections learn alone"
    )
    latent_mixup: float = Field(
        default=0.0,
        ge=0,
        description="alpha of the Beta distribution by which FuseMix mixes cached features",
    )
    wise_ft: bool = Field(
        default=False,
        description="end between the weights before and after, where validation MRR is best",
    )

    optimizer: Literal["adamw", "muon"] = Field(
        default="adamw",
        description="muon moves the matrices of encoders that are trained whole by orthogonalized "
        "momentum, and AdamW the rest",
    )
    text_learning_rate: float = Field(
        default=1e-3, ge=0, description="peak learning rate of the text encoder"
    )
    image_learning_rate: float = Field(
        default=1e-3, ge=0, description="peak learning rate of the image encoder"
    )
    projection_learning_rate: float = Field(
        default=1e-3, ge=0, description="peak learning rate of the projections and the temperature"
    )
    warmup: float = Field(
        default=0.1, ge=0, le=1, description="share of the steps with a rising learning rate"
    )
    weight_decay: float = Field(
        default=0.1,
        ge=0,
        description="AdamW weight decay of matrices; norms, biases and temperature have none",
    )
    beta2: float = Field(default=0.98, ge=0, le=0.99999, description="AdamW second-moment decay")
    eps: float = Field(default=1e-6, ge=0, description="AdamW epsilon")
    max_gradient_norm: float = Field(
        default=1.0, ge=0, description="gradient norm above which it is clipped"
    )
    patience: int | None = Field(
        default=None,
        ge=1,
        description="epochs without a better validation MRR after which training stops; null: none",
    )

    flip: bool = Field(default=True, description="mirror half of the training images left to right")
    crop: float = Field(
        default=0.9,
        ge=0.2,
        le=1,
        description="least share of height and width that a training crop keeps; 1 crops nothing",
    )
    jitter: float = Field(
        default=0.0,
        ge=0,
        le=0.5,
        description="largest relative change of brightness and of contrast; mild, or colours lie",
    )

    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        default="fp32",
        description="of the towers' forward pass; weights and losses stay fp32; auto is bf16 where "
        "the device has instructions for it, else fp32",
    )
    channels_last: bool = Field(
        default=True, description="keep convolutions in the layout that is usually faster"
    )
    compile: bool = Field(
        default=False,
        description="torch.compile the encoders: a minute at first, then faster on GPUs",
    )
    gradient_checkpointing: bool = Field(
        default=False,
        description="forget activations and compute them again, for memory; not every encoder can",
    )

    @model_validator(mode="after")
    def _has_a_use_for_every_word(self) -> Self:
        modes = self.text_mode, self.image_mode
        if self.latent_mixup and modes != ("cached", "cached"):
            raise ValueError(
                "latent_mixup mixes features of frozen encoders; set text_mode and image_mode to "
                "cached, or latent_mixup to 0"
            )
        if self.latent_mixup and self.teacher:
            raise ValueError(
                "latent_mixup makes examples of which teacher has said nothing; set one of them"
            )
        if self.latent_mixup and self.attribute_weight:
            raise ValueError(
                "latent_mixup makes examples that have no attributes; set attribute_weight to 0, "
                "or latent_mixup"
            )
        if self.epochs and self.projection_epochs >= self.epochs:
            raise ValueError(
                f"projection_epochs is {self.projection_epochs}, expected fewer than the "
                f"{self.epochs} epochs, or 0"
            )
        learning = {"train", "lora"} & {*modes}
        for name, default in (
            ("layer_decay", 1),
            ("projection_epochs", 0),
            ("unlocked_layers", None),
        ):
            if getattr(self, name) != default and not learning:
                raise ValueError(f"{name} is of encoders that learn, and both are frozen")
        if self.unlocked_layers is not None and "train" not in modes:
            raise ValueError(
                "unlocked_layers is of encoders in mode train; lora's weights are all locked, so "
                "leave it out, or set text_mode or image_mode to train"
            )
        return self
