"""The products that can be found: a memory-mapped table, a row a vector of the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopclip.search.errors import NotFoundError

if TYPE_CHECKING:
    import pandas as pd

OWN = ("id", "row", "caption_id", "split", "caption")  # every other column is an attribute
Value = str | int | float


@dataclass(frozen=True)
class Product:
    """What a shopper is told of a product; attributes that are unknown are left out."""

    id: str
    caption: str
    attributes: dict[str, Value]


class ProductTable:
    """Products in the order of the index.

    Args:
        table: `id`, `row` (of the image store), `split`, `caption` and the attributes.
    """

    def __init__(self, table: pa.Table) -> None:
        self.table = table.combine_chunks()
        self.attributes = tuple(name for name in table.column_names if name not in OWN)
        self._named: dict[str, dict[Value, Value]] = {}
        self._codes: dict[str, tuple[np.ndarray, list[Value]]] = {}

    @classmethod
    def of(cls, examples: pd.DataFrame) -> ProductTable:
        """The table of `examples`; an attribute that no product has is left out."""
        columns = [name for name in examples if name in OWN or examples[name].notna().any()]
        return cls(pa.Table.from_pandas(examples[columns], preserve_index=False))

    @classmethod
    def open(cls, file: Path) -> ProductTable:
        """Raises:
        ValueError: the file is damaged; unchecked offsets would lead into foreign memory.
        """
        with pa.memory_map(str(file)) as source:
            table = pa.ipc.open_file(source).read_all()
        table.validate(full=True)
        return cls(table)

    def save(self, file: Path) -> None:
        bare = self.table.replace_schema_metadata(None)
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, bare.schema) as writer:
            writer.write_table(bare)

    def __len__(self) -> int:
        return len(self.table)

    def number(self, id_: str) -> int:
        """Where the product stands in the index.

        Raises:
            NotFoundError: there is none of this id.
        """
        found = pc.index(self.table["id"], pa.scalar(id_, self.table["id"].type)).as_py()
        if found < 0:
            raise NotFoundError(f"no product has the id {id_[:60]!r}; take one from a result")
        return int(found)

    def products(self, numbers: Sequence[int]) -> list[Product]:
        """The products of these numbers, in their order."""
        return [self._product(int(number)) for number in numbers]

    def is_numeric(self, attribute: str) -> bool:
        kind = self.table.schema.field(attribute).type
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))

    def values(self, attribute: str) -> list[Value]:
        """The values that an attribute has, sorted."""
        return self.codes(attribute)[1]

    def named(self, attribute: str) -> dict[Value, Value]:
        """The values of an attribute by themselves, and texts by their lower case as well."""
        if attribute not in self._named:
            values = self.values(attribute)
            named: dict[Value, Value] = {
                value.casefold(): value for value in values if isinstance(value, str)
            }
            self._named[attribute] = named | {value: value for value in values}
        return self._named[attribute]

    def codes(self, attribute: str) -> tuple[np.ndarray, list[Value]]:
        """Number of each product's value, int32 (products,), -1 where unknown; and the values."""
        if attribute not in self._codes:
            column = self.table[attribute]
            values = sorted(column.unique().drop_null().to_pylist())
            found = pc.index_in(column, pa.array(values, column.type))
            codes = np.asarray(found.fill_null(-1)).astype(np.int32)
            self._codes[attribute] = codes, values
        return self._codes[attribute]

    @cached_property
    def _columns(self) -> dict[str, pa.Array]:
        return {name: self._whole(name) for name in ("id", "caption", *self.attributes)}

    def _whole(self, name: str) -> pa.Array:
        chunks = self.table[name].chunks
        return chunks[0] if chunks else pa.array([], self.table.schema.field(name).type)

    def _product(self, number: int) -> Product:
        row: dict[str, Any] = {
            name: column[number].as_py() for name, column in self._columns.items()
        }
        id_, caption = row.pop("id"), row.pop("caption")
        return Product(id_, caption, {name: v for name, v in row.items() if v is not None})
