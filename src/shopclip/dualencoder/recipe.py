"""Everything about training that is not an encoder, as one plain checked dataclass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shopclip.dualencoder.knobs import Checked, knob

Mode = Literal["train", "frozen", "cached"]


@dataclass(frozen=True, kw_only=True)
class Recipe(Checked):
    """How two towers learn, whatever their encoders."""

    epochs: int = knob(12, "passes over the training examples; 0 keeps the towers as loaded", low=0)
    batch_size: int = knob(64, "examples a step, which are each other's negatives", low=2)
    micro_batch: int | None = knob(
        None,
        "examples a forward pass; fewer than a batch keep the step and save memory by caching "
        "gradients",
        low=1,
    )
    loss: Literal["info_nce", "siglip"] = knob("info_nce", "the contrastive loss")
    temperature: float | None = knob(
        None, "initial temperature; null: 0.07 for info_nce, 0.1 for siglip", low=0.01, high=10
    )

    text_mode: Mode = knob(
        "train",
        "train the text encoder, keep it frozen, or also cache its features on disk; projections "
        "always learn",
    )
    image_mode: Mode = knob("train", "the same of the image encoder; cached sees no augmentation")

    text_learning_rate: float = knob(1e-3, "peak learning rate of the text encoder", low=0)
    image_learning_rate: float = knob(1e-3, "peak learning rate of the image encoder", low=0)
    projection_learning_rate: float = knob(
        1e-3, "peak learning rate of the projections and the temperature", low=0
    )
    warmup: float = knob(0.1, "share of the steps with a rising learning rate", low=0, high=1)
    weight_decay: float = knob(
        0.1, "AdamW weight decay of matrices; norms, biases and temperature have none", low=0
    )
    beta2: float = knob(0.98, "AdamW second-moment decay", low=0, high=0.99999)
    epsilon: float = knob(1e-6, "AdamW epsilon", low=0)
    max_gradient_norm: float = knob(1.0, "gradient norm above which it is clipped", low=0)
    patience: int | None = knob(
        None, "epochs without a better validation MRR after which training stops; null: none", low=1
    )

    flip: bool = knob(True, "mirror half of the training images left to right")
    crop: float = knob(
        0.9,
        "least share of height and width that a training crop keeps; 1 crops nothing",
        low=0.2,
        high=1,
    )
    jitter: float = knob(
        0.0,
        "largest relative change of brightness and of contrast; mild, or colours lie",
        low=0,
        high=0.5,
    )

    precision: Literal["fp32", "bf16", "fp16"] = knob(
        "fp32", "of the towers' forward pass; weights and losses stay fp32"
    )
    channels_last: bool = knob(True, "keep convolutions in the layout that is usually faster")
    compile: bool = knob(
        False, "torch.compile the encoders: a minute at first, then faster on GPUs"
    )
    gradient_checkpointing: bool = knob(
        False, "forget activations and compute them again, for memory; not every encoder can"
    )
