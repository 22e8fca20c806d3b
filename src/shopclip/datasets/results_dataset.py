"""The results of a pair as a dataset: a folder of parquet and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from shopclip.datasets.errors import reading
from shopclip.datasets.local_dataset import LocalDataset
from shopclip.files.atomic import atomic_folder
from shopclip.tables.results import Results

MANIFEST = "results.json"


class ResultsDataset(LocalDataset[Results, Results]):
    """Saves all tables at once, and loads each when it is asked for.

    Example:
        ```yaml
        "results_{pair}":
          type: shopclip.datasets.ResultsDataset
          filepath: data/07_model_output/{pair}/results
        ```
    """

    proof = MANIFEST

    def load(self) -> Results:
        """Raises UnreadableError if the folder is missing or not whole."""
        folder = self.load_path
        with reading(folder):
            manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
            return Results(manifest["pair"], _Tables(folder, manifest["files"]))

    def save(self, data: Results) -> None:
        files = {}
        with atomic_folder(self.save_path) as draft:
            for name, table in data.items():
                if isinstance(table, pd.DataFrame):
                    files[name] = f"{name}.parquet"
                    table.to_parquet(draft / files[name])
                else:
                    files[name] = f"{name}.json"
                    (draft / files[name]).write_text(json.dumps(table), "utf-8")
            manifest = json.dumps({"pair": data.pair, "files": files}, indent=1)
            (draft / MANIFEST).write_text(manifest, "utf-8")


class _Tables(Mapping[str, Any]):
    """Reads a table whenever it is asked for, for ranks may be large."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        self._folder, self._files = folder, files

    def __getitem__(self, name: str) -> Any:
        file = self._folder / self._files[name]
        with reading(self._folder):
            if file.suffix == ".parquet":
                return pd.read_parquet(file)
            return json.loads(file.read_text("utf-8"))

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
