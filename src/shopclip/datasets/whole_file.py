"""What makes a file dataset of kedro-datasets write all of a file or nothing of it."""

from __future__ import annotations

from copy import copy
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from shopclip.datasets.errors import reading
from shopclip.dualencoder.atomic import atomic_file

if TYPE_CHECKING:
    from kedro.io import AbstractVersionedDataset as Base
else:
    Base = object


class WholeFile(Base):
    """To be named before the dataset: `class ParquetDataset(WholeFile, pandas.ParquetDataset)`.

    A run that is killed, or a disk that is full, leaves the file that was there before; one that
    cannot be read is an UnreadableError. Files of a cloud, and versioned ones, are the library's
    alone: a cloud shows no part of a file, and a version has a place of its own.
    """

    def load(self) -> Any:
        if not self._is_plain():
            return super().load()
        with reading(Path(self._filepath)):
            return super().load()

    def save(self, data: Any) -> None:
        if not self._is_plain():
            super().save(data)
            return
        with atomic_file(Path(self._filepath)) as draft:
            elsewhere = copy(self)
            elsewhere._filepath = PurePosixPath(draft)
            super(WholeFile, elsewhere).save(data)

    def _is_plain(self) -> bool:
        return self._protocol == "file" and self._version is None
