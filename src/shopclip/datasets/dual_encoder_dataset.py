"""A trained dual encoder as a dataset: a folder of safetensors, JSON and tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shopclip.datasets.local_dataset import LocalDataset

if TYPE_CHECKING:
    from shopclip.dualencoder import DualEncoder, Ensemble


class DualEncoderDataset(LocalDataset["DualEncoder | Ensemble", "DualEncoder | Ensemble"]):
    """Saves with the model's own `save`, loads with `load_model`.

    Attributes:
        standalone: a model may be asked about other products than those that it was trained on.
    """

    standalone = True
    proof = "dual_encoder.json"

    def load(self) -> DualEncoder | Ensemble:
        from shopclip.dualencoder import load_model

        return load_model(self.load_path)

    def save(self, data: DualEncoder | Ensemble) -> None:
        data.save(self.save_path)
