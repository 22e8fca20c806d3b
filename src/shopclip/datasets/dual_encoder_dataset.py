"""A trained dual encoder as a dataset: a folder of safetensors, JSON and tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

if TYPE_CHECKING:
    from shopclip.dualencoder import DualEncoder


class DualEncoderDataset(AbstractDataset["DualEncoder", "DualEncoder"]):
    """Saves with `DualEncoder.save`, loads with `DualEncoder.load`.

    Attributes:
        standalone: a model may be asked about other products than those that it was trained on.
    """

    standalone = True

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> DualEncoder:
        from shopclip.dualencoder import DualEncoder

        return DualEncoder.load(self._filepath)

    def save(self, data: DualEncoder) -> None:
        data.save(self._filepath)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}

    def _exists(self) -> bool:
        return (self._filepath / "dual_encoder.json").is_file()
