"""A table in a parquet file, written whole or not at all."""

from kedro_datasets.pandas.parquet_dataset import ParquetDataset as Library  # type: ignore[import-untyped]

from shopclip.datasets.whole_file import WholeFile


class ParquetDataset(WholeFile, Library):
    """That of kedro-datasets, with its arguments."""
