"""A text file, written whole or not at all."""

from kedro_datasets.text.text_dataset import TextDataset as Library  # type: ignore[import-untyped]

from shopclip.datasets.whole_file import WholeFile


class TextDataset(WholeFile, Library):
    """That of kedro-datasets, with its arguments."""
