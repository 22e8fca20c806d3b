"""Facts in a JSON file, written whole or not at all."""

from kedro_datasets.json.json_dataset import JSONDataset as Library  # type: ignore[import-untyped]

from shopclip.datasets.whole_file import WholeFile


class JSONDataset(WholeFile, Library):
    """That of kedro-datasets, with its arguments."""
