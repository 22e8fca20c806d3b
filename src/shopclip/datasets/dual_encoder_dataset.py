"""A trained dual encoder as a dataset: a folder of safetensors, JSON and tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shopclip.datasets.local_dataset import LocalDataset

if TYPE_CHECKING:
    from shopclip.dualencoder import DualEncoder


class DualEncoderDataset(LocalDataset["DualEncoder", "DualEncoder"]):
    """Saves with `DualEncoder.save`, loads with `DualEncoder.load`.

    Attributes:
        standalone: a model may be asked about other products than those that it was trained on.
    """

    standalone = True
    proof = "dual_encoder.json"

    def load(self) -> DualEncoder:
        from shopclip.dualencoder import DualEncoder

        return DualEncoder.load(self.load_path)

    def save(self, data: DualEncoder) -> None:
        data.save(self.save_path)
