"""transformers.Trainer on the same towers, fed as its own contrastive example feeds it.

What examples/pytorch/contrastive-image-text/run_clip.py of transformers does is done here: captions
tokenised once and padded to 128 tokens, pictures decoded and transformed by torchvision item by
item, a collator that stacks them. Two things differ: pictures are resized bilinearly, as ours are,
so that both sides see the same; and the incomplete last batch is dropped, as ours is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision.io import ImageReadMode, decode_image
from torchvision.transforms import CenterCrop, ConvertImageDtype, Normalize, Resize
from transformers import Trainer, TrainingArguments

from shopclip.dualencoder import DualEncoder, Examples, Recipe, fit
from shopclip.metrics.ranks import rank
from training_rates import Row, alternate
from training_towers import LONGEST, Pair, clip_loss, embed_pixel_values

WORKERS = (0, 2)
BAR = 1.5


class TrainerModel(nn.Module):
    """The towers with the interface of transformers' VisionTextDualEncoderModel."""

    def __init__(self, towers: DualEncoder) -> None:
        super().__init__()
        self.towers = towers

    def forward(
        self,
        pixel_values: Tensor,
        input_ids: Tensor,
        attention_mask: Tensor,
        return_loss: bool = True,
    ) -> dict[str, Tensor]:
        images = embed_pixel_values(self.towers.image, pixel_values)
        texts = self.towers.text(input_ids, attention_mask)
        logits = self.towers.temperature(images @ texts.T)
        return {"loss": clip_loss(logits), "logits_per_image": logits}


class TrainerItems(Dataset[dict[str, Any]]):
    """What run_clip.py has its data set return for an item."""

    def __init__(
        self, encoded: Sequence[bytes], captions: Sequence[str], model: DualEncoder
    ) -> None:
        self.encoded = encoded
        self.tokens = model.text.tokenizer(
            list(captions), max_length=LONGEST, padding="max_length", truncation=True
        )
        self.transform = nn.Sequential(
            Resize(min(model.image.size), antialias=True),
            CenterCrop(model.image.size),
            ConvertImageDtype(torch.float),
            Normalize([0.5] * 3, [0.5] * 3),
        )

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, item: int) -> dict[str, Any]:
        raw = torch.frombuffer(bytearray(self.encoded[item]), dtype=torch.uint8)
        picture = decode_image(raw, mode=ImageReadMode.RGB)
        with torch.no_grad():
            pixel_values = self.transform(picture)
        return {
            "pixel_values": pixel_values,
            "input_ids": self.tokens["input_ids"][item],
            "attention_mask": self.tokens["attention_mask"][item],
        }


def collate(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A batch, as in run_clip.py."""
    return {
        "pixel_values": torch.stack([item["pixel_values"] for item in items]),
        "input_ids": torch.tensor([item["input_ids"] for item in items]),
        "attention_mask": torch.tensor([item["attention_mask"] for item in items]),
        "return_loss": True,
    }


def time_trainer(
    name: str,
    pair: Pair,
    data: tuple[Examples, Sequence[bytes]],
    held_out: Examples,
    recipe: Recipe,
    size: tuple[int, int],
    device: torch.device,
    *,
    repeats: int,
) -> Row:
    """The row `over_transformers_trainer`: both train to the end, and then find what is held out.

    Args:
        data: the training examples, and the encoded picture of each.
        recipe: of both sides; augmentation is left out, because the script has none.
    """
    examples, encoded = data
    recipe = replace(recipe, flip=False, crop=1.0)
    captions = [examples.captions[number] for number in examples.caption_ids]
    trained: dict[str, DualEncoder] = {}

    def train(side: str) -> int:
        model = trained[side] = pair.build(examples, size)
        if side == "ours":
            fit(model, examples, recipe, device=device)
        else:
            items = TrainerItems(encoded, captions, model)
            train_with_trainer(model, items, recipe, int(side.split()[1]), device)
        return recipe.epochs * (len(examples) // recipe.batch_size) * recipe.batch_size

    trainers = [f"Trainer, {workers} workers" for workers in WORKERS]
    rates = alternate({side: partial(train, side) for side in ("ours", *trainers)}, repeats, device)
    fastest = max(trainers, key=lambda side: rates[side])
    found = {side: recall_at_10(model, held_out) for side, model in trained.items()}
    facts = {
        "workers": int(fastest.split()[1]),
        "epochs": recipe.epochs,
        "examples": len(examples),
        "rates": {side: round(rate, 1) for side, rate in rates.items()},
        "held_out": len(held_out),
        "held_out_recall_at_10": found,
    }
    return Row(
        f"{name}, fp32: ours ÷ transformers.Trainer", rates["ours"], rates[fastest], BAR, facts
    )


def train_with_trainer(
    model: DualEncoder, items: TrainerItems, recipe: Recipe, workers: int, device: torch.device
) -> None:
    """Train in place with the recipe's rate, schedule, batch size, decay and clipping."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            num_train_epochs=recipe.epochs,
            per_device_train_batch_size=recipe.batch_size,
            learning_rate=recipe.text_learning_rate,
            lr_scheduler_type="cosine",
            warmup_steps=recipe.warmup,
            weight_decay=recipe.weight_decay,
            adam_beta2=recipe.beta2,
            adam_epsilon=recipe.eps,
            max_grad_norm=recipe.max_gradient_norm,
            dataloader_num_workers=workers,
            dataloader_drop_last=True,
            remove_unused_columns=False,
            use_cpu=device.type == "cpu",
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            logging_strategy="no",
            seed=0,
        )
        trainer = Trainer(
            model=TrainerModel(model), args=arguments, train_dataset=items, data_collator=collate
        )
        trainer.train()


def recall_at_10(model: DualEncoder, held_out: Examples) -> dict[str, float]:
    """Share of the captions whose picture is among the first ten, with its 95 % interval."""
    texts = model.embed_captions([held_out.captions[number] for number in held_out.caption_ids])
    hits = rank(texts, model.embed_images(held_out.images, held_out.rows)).hits(10)
    draws = np.random.default_rng(0).integers(0, len(hits), (1000, len(hits)))
    low, high = np.quantile(hits[draws].mean(axis=1), [0.025, 0.975])
    return {"mean": float(hits.mean()), "low": float(low), "high": float(high)}
