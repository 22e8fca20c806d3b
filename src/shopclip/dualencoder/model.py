"""The dual encoder: a text tower and an image tower that share one space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from shopclip.dualencoder import model_files
from shopclip.dualencoder.encoder_config import ImageEncoder, Source, TextEncoder
from shopclip.dualencoder.encoders import build_image_encoder, build_text_encoder
from shopclip.dualencoder.image_preprocessing import image_preprocessing
from shopclip.dualencoder.losses import LOSSES
from shopclip.dualencoder.temperature import Temperature
from shopclip.dualencoder.tokenization import Tokens
from shopclip.dualencoder.towers import ImageTower, TextTower

if TYPE_CHECKING:
    from shopclip.dualencoder.attribute_heads import AttributeHeads
    from shopclip.dualencoder.teacher import Distillation
    from shopclip.dualencoder.training_log import Interpolation


class DualEncoder(nn.Module):
    """CLIP's shape: two towers whose L2-normalised embeddings meet in a matrix of similarities."""

    def __init__(self, text: TextTower, image: ImageTower, temperature: Temperature) -> None:
        super().__init__()
        self.text = text
        self.image = image
        self.temperature = temperature
        self.distillation: Distillation | None = None  # while it learns from another pair
        self.attribute_heads: AttributeHeads | None = None  # in training alone as well
        self.interpolations: list[Interpolation] = []  # of WiSE-FT, of which it is one

    @classmethod
    def build(
        cls,
        text: TextEncoder,
        image: ImageEncoder,
        *,
        captions: Iterable[str],
        size: tuple[int, int],
        embed_dim: int = 128,
        loss: str = "info_nce",
        temperature: float | None = None,
        seed: int = 0,
    ) -> DualEncoder:
        """Make the towers that the specs describe.

        Args:
            captions: training captions, for the tokenizer of a text encoder from scratch.
            size: height and width in pixels at which an image tower from scratch sees pictures,
                where its spec does not say; a pretrained one has its own.
            embed_dim: width of the shared space.
            loss: what the towers will learn by; it decides where temperature and bias start.
            temperature: the initial one, where it is not the loss's own.
            seed: of every weight that is not pretrained; torch's global state is left alone.

        Raises:
            EncoderUnavailableError: a pretrained encoder cannot be had.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            text_encoder, tokenizer, text_origin = build_text_encoder(text, captions)
            preprocessing = image_preprocessing(image, size)
            image_encoder, image_origin = build_image_encoder(image, preprocessing.size)
            return cls(
                TextTower(
                    text_encoder,
                    tokenizer,
                    embed_dim=embed_dim,
                    pooling=text.pooling,
                    max_tokens=text.max_tokens,
                    origin=text_origin,
                ),
                ImageTower(
                    image_encoder,
                    embed_dim=embed_dim,
                    pooling=image.pooling,
                    preprocessing=preprocessing,
                    origin=image_origin,
                    flip_test=image.flip_test,
                ),
                Temperature(temperature or LOSSES[loss].temperature, LOSSES[loss].bias),
            )

    @classmethod
    def from_pretrained(
        cls, source: Source, *, loss: str = "info_nce", temperature: float | None = None
    ) -> DualEncoder:
        """A whole public model as it is: both towers, their projections, temperature and bias.

        Args:
            loss: what it will be trained by; a bias that it takes is added where there is none.
            temperature: the initial one, where it is not the model's own.

        Raises:
            EncoderUnavailableError: it cannot be had.
            EncoderConfigError: it is no model of a text and an image tower in one space.
        """
        from shopclip.dualencoder.public_models import load_public_model

        model = load_public_model(source)
        own = model.temperature
        bias = LOSSES[loss].bias if own.bias is None else own.bias.item()
        if temperature is not None or own.bias is None is not bias:
            start = temperature or 1 / own.scale.item()
            model.temperature = Temperature(start, bias, max_scale=own.max_scale)
        return model

    @property
    def embed_dim(self) -> int:
        """Width of the shared space."""
        return self.text.embed_dim

    @property
    def device(self) -> torch.device:
        return self.temperature.log_scale.device

    def forward(self, images: Tensor, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits (batch, batch): scaled cosine similarities; rows are images, columns captions."""
        return self.temperature(self.image(images) @ self.text(input_ids, attention_mask).T)

    def tokenise(self, captions: Sequence[str]) -> Tokens:
        """Tokenise captions with the text tower's own tokenizer."""
        return Tokens.of(captions, self.text.tokenizer, self.text.max_tokens)

    def embed_images(
        self, images: np.ndarray, rows: np.ndarray | None = None, *, batch_size: int = 256
    ) -> np.ndarray:
        """Embed images, or these rows of them.

        Args:
            images: uint8 (n, height, width, 3), may be memory-mapped.
            rows: integer (m,), which of them and in what order; all by default.

        Returns:
            L2-normalised float32 (m, embed_dim).
        """
        return self._stack(self.stream_images(images, rows, batch_size=batch_size))

    @torch.inference_mode()
    def stream_images(
        self, images: np.ndarray, rows: np.ndarray | None = None, *, batch_size: int = 256
    ) -> Iterator[np.ndarray]:
        """`embed_images` a batch at a time, of which one is in memory."""
        self.eval()
        rows = np.arange(len(images)) if rows is None else rows
        starts = range(0, len(rows), batch_size)
        for start in tqdm(starts, desc="embedding images", unit="batch", delay=5):
            pixels = torch.from_numpy(images[rows[start : start + batch_size]]).to(self.device)
            yield self.image(pixels).float().cpu().numpy()

    @torch.inference_mode()
    def embed_captions(self, captions: Sequence[str], *, batch_size: int = 256) -> np.ndarray:
        """n captions → L2-normalised float32 (n, embed_dim)."""
        self.eval()
        tokens = self.tokenise(captions)
        rows = torch.arange(len(captions)).split(batch_size) if captions else ()
        return self._stack(
            self.text(*tokens.batch(batch, self.device)).float().cpu().numpy() for batch in rows
        )

    def describe(self) -> dict[str, Any]:
        """All that it is beside its weights and its tokenizer."""
        return model_files.describe(self)

    def save(self, folder: str | Path) -> None:
        """Write safetensors, JSON and tokenizer to `folder`, all at once or not at all."""
        model_files.save(self, Path(folder))

    @classmethod
    def load(cls, folder: str | Path, device: torch.device | str = "cpu") -> DualEncoder:
        """Read what `save` wrote.

        Raises:
            ModelError: the folder is missing, incomplete or damaged.
        """
        return model_files.load(Path(folder)).to(device)

    def _stack(self, embeddings: Iterable[np.ndarray]) -> np.ndarray:
        return np.concatenate([np.empty((0, self.embed_dim), np.float32), *embeddings])
