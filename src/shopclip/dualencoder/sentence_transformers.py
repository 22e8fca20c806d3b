"""A saved pair as a module of sentence-transformers, so that its tools take the folder as it is.

    SentenceTransformer("data/06_models/bert_resnet", trust_remote_code=True).encode(captions)

The remote code is this class, of the shopclip that is installed: sentence-transformers 6 asks for
that word before it imports anything that is not its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers.base.modules.input_module import InputModule
from torch import Tensor

from shopclip.dualencoder.model import DualEncoder


class DualEncoderModule(InputModule):
    """Captions and pictures → `sentence_embedding`, float32 (batch, embed_dim), L2-normalised."""

    def __init__(self, model: DualEncoder) -> None:
        super().__init__()
        self.model = model
        self.tokenizer = model.text.tokenizer

    @property
    def modalities(self) -> list[Any]:
        return ["text", "image"]

    @property
    def max_seq_length(self) -> int:
        return self.model.text.max_tokens

    def get_embedding_dimension(self) -> int:
        return self.model.embed_dim

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: Any
    ) -> dict[str, Any]:
        """Texts become tokens; pictures, of Pillow or uint8 arrays, pixels of their own size.

        Either may come as what it is in a dictionary of one, `{"image": …}`, as MTEB gives it.
        """
        inputs = [next(iter(one.values())) if isinstance(one, dict) else one for one in inputs]
        if all(isinstance(one, str) for one in inputs):
            ids, mask = self.model.tokenise([f"{prompt or ''}{text}" for text in inputs]).batch(
                torch.arange(len(inputs))
            )
            return {"input_ids": ids, "attention_mask": mask}
        pictures = [_pixels(one) for one in inputs]
        return {f"pixels_{number}": picture for number, picture in enumerate(pictures)}

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "input_ids" in features:
            embedded = self.model.text(features["input_ids"], features["attention_mask"])
        else:
            numbers = range(sum(name.startswith("pixels_") for name in features))
            embedded = torch.cat(
                [self.model.image(features[f"pixels_{number}"][None]) for number in numbers]
            )
        return {**features, "sentence_embedding": embedded.float()}

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        self.model.save(Path(output_path))

    @classmethod
    def load(
        cls,
        model_name_or_path: str,
        subfolder: str = "",
        token: bool | str | None = None,
        cache_folder: str | None = None,
        revision: str | None = None,
        local_files_only: bool = False,
        init_defaults: dict[str, Any] | None = None,
        **_: Any,
    ) -> DualEncoderModule:
        """From a folder, or from the hub.

        Raises:
            ModelError: it holds no dual encoder.
        """
        folder = cls.load_dir_path(
            model_name_or_path,
            subfolder=subfolder,
            token=token,
            cache_folder=cache_folder,
            revision=revision,
            local_files_only=local_files_only,
        )
        return cls(DualEncoder.load(folder or model_name_or_path))


def _pixels(picture: Any) -> Tensor:
    """uint8 (height, width, 3)."""
    array = np.asarray(picture.convert("RGB") if hasattr(picture, "convert") else picture)
    return torch.from_numpy(np.array(array, dtype=np.uint8))
