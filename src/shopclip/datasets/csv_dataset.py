"""A table in a CSV file, written whole or not at all."""

from kedro_datasets.pandas.csv_dataset import CSVDataset as Library  # type: ignore[import-untyped]

from shopclip.datasets.whole_file import WholeFile


class CSVDataset(WholeFile, Library):
    """That of kedro-datasets, with its arguments."""
