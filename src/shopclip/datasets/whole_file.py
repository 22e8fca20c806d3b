"""Datasets of kedro-datasets whose files are put in place whole."""

from __future__ import annotations

from copy import copy
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from kedro_datasets import json, pandas, text  # type: ignore[import-untyped]

from shopclip.datasets.errors import reading
from shopclip.files.atomic import atomic_file

if TYPE_CHECKING:
    from kedro.io import AbstractVersionedDataset as Base
else:
    Base = object

UTF_8 = {
    "open_args_load": {"mode": "r", "encoding": "utf-8"},
    "open_args_save": {"mode": "w", "encoding": "utf-8"},
}


class WholeFile(Base):
    """To be named before the dataset: `class ParquetDataset(WholeFile, pandas.ParquetDataset)`.

    A run that is killed, or a disk that is full, leaves the file that was there before, or no
    version; one that cannot be read is an UnreadableError. Files of a cloud, which shows no part of
    a file, are the library's alone.
    """

    def load(self) -> Any:
        if self._protocol != "file":
            return super().load()
        with reading(Path(self._get_load_path())):
            return super().load()

    def save(self, data: Any) -> None:
        if self._protocol != "file":
            super().save(data)
            return
        with atomic_file(Path(self._get_save_path())) as draft:
            elsewhere = copy(self)
            elsewhere._filepath, elsewhere._version = PurePosixPath(draft), None
            super(WholeFile, elsewhere).save(data)


class CSVDataset(WholeFile, pandas.CSVDataset):
    """That of kedro-datasets, with its arguments."""


class JSONDataset(WholeFile, json.JSONDataset):
    """That of kedro-datasets, with its arguments; UTF-8 whatever the machine's own encoding is."""

    DEFAULT_FS_ARGS = UTF_8


class ParquetDataset(WholeFile, pandas.ParquetDataset):
    """That of kedro-datasets, with its arguments."""


class TextDataset(WholeFile, text.TextDataset):
    """That of kedro-datasets, with its arguments; UTF-8 whatever the machine's own encoding is."""

    DEFAULT_FS_ARGS = UTF_8
