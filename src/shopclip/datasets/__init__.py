"""Kedro datasets that this project needs and kedro-datasets lacks.

`FigureDataset` is imported from its own module, because it loads matplotlib.
"""

from shopclip.datasets.arrays import NumpyDataset, ShardsDataset
from shopclip.datasets.catalogue_dataset import CatalogueDataset
from shopclip.datasets.dual_encoder_dataset import DualEncoderDataset
from shopclip.datasets.errors import UnreadableError
from shopclip.datasets.image_store_dataset import ImageStoreDataset
from shopclip.datasets.results_dataset import ResultsDataset
from shopclip.datasets.whole_file import CSVDataset, JSONDataset, ParquetDataset, TextDataset

__all__ = [
    "CSVDataset",
    "CatalogueDataset",
    "DualEncoderDataset",
    "ImageStoreDataset",
    "JSONDataset",
    "NumpyDataset",
    "ParquetDataset",
    "ResultsDataset",
    "ShardsDataset",
    "TextDataset",
    "UnreadableError",
]
