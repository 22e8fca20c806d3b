"""A file or folder on this machine as a dataset, with versions where the catalog wants them."""

from __future__ import annotations

from glob import glob
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from kedro.io import AbstractVersionedDataset, Version

In = TypeVar("In")
Out = TypeVar("Out")


class LocalDataset(AbstractVersionedDataset[In, Out]):
    """What all datasets of this project have in common.

    With `versioned: true` in the catalog every run leaves a version of its own,
    `⟨filepath⟩/⟨time⟩/⟨name⟩`; the last one is loaded, or that of `kedro run --load-versions`.

    Attributes:
        proof: file in the folder without which there is no dataset; empty if it is a file itself.
    """

    proof = ""

    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        path = PurePosixPath(Path(filepath).as_posix())
        super().__init__(path, version, lambda file: Path(file).exists(), glob)
        self.metadata = metadata

    @property
    def load_path(self) -> Path:
        """Where the version lies that is loaded.

        Raises:
            VersionNotFoundError: there is none yet.
        """
        return Path(self._get_load_path())

    @property
    def save_path(self) -> Path:
        """Where the version goes that is saved.

        Raises:
            DatasetError: it is there already.
        """
        return Path(self._get_save_path())

    def _describe(self) -> dict[str, Any]:
        version = {"version": self._version} if self._version else {}
        return {"filepath": str(self._filepath), **version}

    def _exists(self) -> bool:
        return (self.load_path / self.proof).is_file() if self.proof else self.load_path.is_file()
