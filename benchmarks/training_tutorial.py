"""The loop that tutorials teach, on the same towers: decode, resize and pad, item by item."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import torch
from PIL import Image
from torch import Tensor
from torch.optim import AdamW
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from shopclip.dualencoder import DualEncoder, Examples, Recipe
from shopclip.dualencoder.learner import Learner
from training_rates import Row, Work, alternate
from training_steps import train_steps
from training_towers import Pair, clip_loss, embed_pixel_values

PADDED = 77  # tokens, CLIP's own number
WORKERS = (0, 2)
PRECISIONS = ("fp32", "bf16")
BAR = 3


class TutorialItems(Dataset[dict[str, Tensor]]):
    """Pictures from their encoded bytes, captions padded to the longest that CLIP takes."""

    def __init__(
        self, encoded: Sequence[bytes], captions: Sequence[str], model: DualEncoder
    ) -> None:
        self.encoded = encoded
        self.tokens = model.text.tokenizer(
            list(captions), padding="max_length", truncation=True, max_length=PADDED
        )
        self.transform = transforms.Compose(
            [
                transforms.Resize(model.image.size),
                transforms.ToTensor(),
                transforms.Normalize([0.5] * 3, [0.5] * 3),
            ]
        )

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, item: int) -> dict[str, Tensor]:
        picture = Image.open(io.BytesIO(self.encoded[item])).convert("RGB")
        return {
            "pixel_values": self.transform(picture),
            "input_ids": torch.tensor(self.tokens["input_ids"][item]),
            "attention_mask": torch.tensor(self.tokens["attention_mask"][item]),
        }


def time_tutorial(
    name: str,
    pair: Pair,
    data: tuple[Examples, Sequence[bytes]],
    recipe: Recipe,
    size: tuple[int, int],
    device: torch.device,
    *,
    steps: int,
    repeats: int,
) -> list[Row]:
    """The rows `over_tutorial_loop` of a pair: ours in fp32 and in bf16 over the fp32 tutorial.

    Args:
        data: the examples, and the encoded picture of each.
        steps: those that a side takes in its turn.
    """
    examples, _ = data
    recipe = replace(recipe, **pair.recipe)
    sides: dict[str, Work] = {}
    for precision in PRECISIONS:
        model = pair.build(examples, size).to(device)
        learner = Learner(model, examples, replace(recipe, precision=precision))
        sides[precision] = train_steps(learner, steps)
        train_steps(learner, 2)()  # the first are slower
    tutorials = {f"tutorial, {workers} workers": workers for workers in WORKERS}
    for side, workers in tutorials.items():
        model = pair.build(examples, size).to(device)
        sides[side] = tutorial_epoch(model, data, recipe, steps, workers)
    rates = alternate(sides, repeats, device)
    fastest = max(tutorials, key=lambda side: rates[side])
    facts = {
        "workers": tutorials[fastest],
        "rates": {side: round(rate, 1) for side, rate in rates.items()},
    }
    return [
        Row(
            f"{name}, {precision}: ours ÷ tutorial loop in fp32",
            rates[precision],
            rates[fastest],
            BAR,
            {"precision": precision, **facts},
        )
        for precision in PRECISIONS
    ]


def tutorial_epoch(
    model: DualEncoder,
    data: tuple[Examples, Sequence[bytes]],
    recipe: Recipe,
    steps: int,
    workers: int,
) -> Work:
    """An epoch of plain fp32 steps over as many examples as `steps` take."""
    examples, encoded = data
    few = min(len(examples), steps * recipe.batch_size)
    captions = [examples.captions[number] for number in examples.caption_ids[:few]]
    loader = DataLoader(
        TutorialItems(encoded[:few], captions, model),
        batch_size=recipe.batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    optimizer = AdamW(model.parameters(), lr=recipe.image_learning_rate)

    def work() -> int:
        model.train()
        images = 0
        for batch in loader:
            batch = {name: part.to(model.device) for name, part in batch.items()}
            optimizer.zero_grad()
            tutorial_loss(model, batch).backward()
            optimizer.step()
            images += len(batch["input_ids"])
        return images

    return work


def tutorial_loss(model: DualEncoder, batch: dict[str, Tensor]) -> Tensor:
    """CLIP's loss of a batch."""
    images = embed_pixel_values(model.image, batch["pixel_values"])
    texts = model.text(batch["input_ids"], batch["attention_mask"])
    return clip_loss(model.temperature(images @ texts.T))
