"""The public text → image benchmark of a catalogue: its captions, and the products it names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from shopclip.errors import ShopclipError

EXPECTED = 'expected JSON of the shape {"a caption": {"an id": 1}}'


class BenchmarkError(ShopclipError):
    """A file does not hold the ground truth of a benchmark."""


@dataclass(frozen=True)
class Benchmark:
    """Ground truth of text → image retrieval.

    Attributes:
        relevant: each query caption with the ids of the products that are right answers.
    """

    relevant: dict[str, tuple[str, ...]]

    @property
    def captions(self) -> tuple[str, ...]:
        return tuple(self.relevant)

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(id_ for ids in self.relevant.values() for id_ in ids)

    @classmethod
    def read(cls, path: Path) -> Benchmark:
        """Read the file that marqo-FashionCLIP publishes, `ground_truth_text-image.json`.

        Raises:
            BenchmarkError: the file is missing, or is not such a ground truth.
        """
        try:
            truth = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BenchmarkError(
                f"splits.benchmark: {path} cannot be read ({error}); {EXPECTED}"
            ) from error
        except RecursionError as error:
            raise BenchmarkError(f"splits.benchmark: {path} is too deep; {EXPECTED}") from error
        if not isinstance(truth, dict) or not truth:
            found = f"a {type(truth).__name__} of no caption"
            raise BenchmarkError(f"splits.benchmark: {path} holds {found}; {EXPECTED}")
        for caption, ids in truth.items():
            if not caption.strip() or not isinstance(ids, dict) or not ids:
                raise BenchmarkError(
                    f"splits.benchmark: {path} has {json.dumps(ids)[:80]} for the caption "
                    f"{caption[:80]!r}; {EXPECTED}"
                )
        return cls({caption: tuple(ids) for caption, ids in truth.items()})
