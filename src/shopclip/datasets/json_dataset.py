"""Facts in a JSON file, written whole or not at all."""

from typing import Any, ClassVar

from kedro_datasets.json.json_dataset import JSONDataset as Library  # type: ignore[import-untyped]

from shopclip.datasets.whole_file import WholeFile


class JSONDataset(WholeFile, Library):
    """That of kedro-datasets, with its arguments; UTF-8 whatever the machine's own encoding is."""

    DEFAULT_FS_ARGS: ClassVar[dict[str, Any]] = {
        "open_args_load": {"mode": "r", "encoding": "utf-8"},
        "open_args_save": {"mode": "w", "encoding": "utf-8"},
    }
