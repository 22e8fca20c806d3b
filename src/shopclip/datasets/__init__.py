"""Kedro datasets that this project needs and kedro-datasets lacks."""

from shopclip.datasets.catalogue_dataset import CatalogueDataset
from shopclip.datasets.dual_encoder_dataset import DualEncoderDataset
from shopclip.datasets.folder_dataset import FolderDataset
from shopclip.datasets.image_store_dataset import ImageStoreDataset
from shopclip.datasets.numpy_dataset import NumpyDataset

__all__ = [
    "CatalogueDataset",
    "DualEncoderDataset",
    "FolderDataset",
    "ImageStoreDataset",
    "NumpyDataset",
]
