"""Kedro datasets that this project needs and kedro-datasets lacks.

`FigureDataset` is imported from its own module, because it loads matplotlib.
"""

from shopclip.datasets.catalogue_dataset import CatalogueDataset
from shopclip.datasets.csv_dataset import CSVDataset
from shopclip.datasets.dual_encoder_dataset import DualEncoderDataset
from shopclip.datasets.errors import UnreadableError
from shopclip.datasets.folder_dataset import FolderDataset
from shopclip.datasets.image_store_dataset import ImageStoreDataset
from shopclip.datasets.json_dataset import JSONDataset
from shopclip.datasets.numpy_dataset import NumpyDataset
from shopclip.datasets.parquet_dataset import ParquetDataset
from shopclip.datasets.shards_dataset import ShardsDataset
from shopclip.datasets.text_dataset import TextDataset

__all__ = [
    "CSVDataset",
    "CatalogueDataset",
    "DualEncoderDataset",
    "FolderDataset",
    "ImageStoreDataset",
    "JSONDataset",
    "NumpyDataset",
    "ParquetDataset",
    "ShardsDataset",
    "TextDataset",
    "UnreadableError",
]
