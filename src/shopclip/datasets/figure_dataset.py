"""A figure of matplotlib in a picture file, written whole or not at all."""

from __future__ import annotations

from kedro_datasets.matplotlib.matplotlib_dataset import MatplotlibDataset  # type: ignore[import-untyped]

from shopclip.datasets.whole_file import WholeFile


class FigureDataset(WholeFile, MatplotlibDataset):
    """That of kedro-datasets, with its arguments."""
