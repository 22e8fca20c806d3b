"""The layout of Kaggle's Fashion Product Images: `styles.csv` and `images/<id>.jpg`."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from shopclip.catalogue.columns import COLUMNS
from shopclip.catalogue.layouts import CatalogueError

README = "README.txt"


class KaggleFolder:
    """A folder with `styles.csv` and `images/`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        readme = path / README
        self.synthetic = readme.is_file() and "synthetic" in readme.read_text("utf-8", "replace")

    def rows(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """See `Catalogue.rows`. Surplus fields of a row belong to its caption, the last column."""
        table = self.path / "styles.csv"
        readable: list[list[str]] = []
        rejected: list[tuple[str, int, str, str]] = []
        with table.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            reader = csv.reader(lines)
            self._check_header(next(reader, []))
            for fields in reader:
                if not fields:
                    continue  # a blank line is no row
                line = reader.line_num
                if len(fields) < len(COLUMNS):
                    detail = f"{len(fields)} fields, expected {len(COLUMNS)}"
                    rejected.append((fields[0], line, "too few fields", detail))
                    continue
                caption = ",".join(fields[len(COLUMNS) - 1 :])
                image = f"images/{fields[0]}.jpg"
                if not (self.path / image).is_file():
                    rejected.append((fields[0], line, "no image", f"{image} does not exist"))
                    continue
                readable.append([*fields[: len(COLUMNS) - 1], caption, image, str(line)])
        return (
            pd.DataFrame(readable, columns=[*COLUMNS, "image", "line"], dtype="str").astype(
                {"line": "int64"}
            ),
            pd.DataFrame(rejected, columns=["id", "line", "reason", "detail"]),
        )

    def images(self, references: Sequence[str]) -> Iterator[bytes]:
        """See `Catalogue.images`."""
        for reference in references:
            yield (self.path / reference).read_bytes()

    def _check_header(self, header: list[str]) -> None:
        if tuple(header[: len(COLUMNS)]) != COLUMNS:
            raise CatalogueError(
                f"{self.path / 'styles.csv'}: the header is {','.join(header) or 'missing'}, "
                f"expected {','.join(COLUMNS)}"
            )
