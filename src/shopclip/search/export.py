"""A pair and its index as a folder that needs neither torch nor the pipelines."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shopclip.dualencoder.atomic import atomic_folder
from shopclip.dualencoder.file_digests import digests
from shopclip.dualencoder.image_store import ImageStore
from shopclip.search.errors import SearchError
from shopclip.search.export_folder import LISTED, keep, others, written
from shopclip.search.index.identity import Identity
from shopclip.search.index.opened import FACTS, SearchIndex, located
from shopclip.search.index.protocol import Facts
from shopclip.search.onnx_towers import FORMAT, OnnxTowers
from shopclip.search.places import EXPORTED, Place, find

if TYPE_CHECKING:
    from shopclip.dualencoder import DualEncoder

TOLERANCE = 1e-4  # of any coordinate of an L2-normalised embedding
CHECKED = 256  # captions and pictures, evenly drawn


def export(
    folder: str | Path, to: str | Path, *, pair: str | None = None, pictures: bool = False
) -> Facts:
    """Write `text.onnx`, `image.onnx`, `tokenizer.json`, the index and `image_embeddings.npy`.

    `image.onnx` takes the uint8 pixels of the image store's size; resizing and normalisation are
    in the graph. Both towers are compared with torch before the folder is put in place.

    Args:
        folder: of a project or of its `data`.
        to: the folder to write; of an export that is there already the files are replaced, what
            else lies there stays.
        pair: by default the one that the leaderboard puts first.
        pictures: the image store as well, so that pictures can be served.

    Returns:
        What `export.json` says.

    Raises:
        SearchError: ONNX differs from torch by more than 1e-4, or `to` is some other folder, or
            holds something of the user's where the export has a file.
    """
    from shopclip.dualencoder import DualEncoder

    place, to = find(folder, pair), Path(to).resolve()
    if place.is_export:
        raise SearchError(f"{folder}: an export already; give the project")
    others(to)  # a folder of the user's is refused before anything is done
    model = DualEncoder.load(place.towers).eval()
    index = SearchIndex.open(place.index)
    with atomic_folder(to) as draft:
        facts = _write_towers(draft, place.pair, model, tuple(index.facts["pictures"]["size"]))
        _write_facts(draft, facts)  # OnnxTowers reads them
        towers = OnnxTowers(draft)
        facts["text"]["difference"] = _check_text(towers, model, index)
        facts["image"]["difference"] = _check_images(towers, model, place)
        _copy_index(place.index, draft / "index", to / "index")
        vectors = index.images.vectors(np.arange(len(index.images)))
        np.save(draft / "image_embeddings.npy", vectors, allow_pickle=False)
        if pictures and place.pictures:
            shutil.copytree(place.pictures, draft / "image_store")
        facts[LISTED] = written(draft)
        facts["digests"] = {k: v for k, v in digests(draft).items() if k != EXPORTED}
        _write_facts(draft, facts)
        if index.facts["kind"] == "milvus":
            Identity.of(place.index).export(place.index, tuple(index.facts["collections"].values()))
        keep(others(to), to, draft)
    return facts


def _write_towers(draft: Path, pair: str, model: DualEncoder, size: tuple[int, int]) -> Facts:
    try:
        from shopclip.search.export_graphs import write_image, write_text

        write_text(model, draft / "text.onnx")
        write_image(model, size, draft / "image.onnx")
    except ModuleNotFoundError as error:
        raise SearchError(
            f"an export needs {error.name}, which is not installed: pip install 'shopclip[search]'"
        ) from error
    model.text.tokenizer.backend_tokenizer.save(str(draft / "tokenizer.json"))
    return {
        "format": FORMAT,
        "pair": pair,
        "dimensions": model.text.projection[1].out_features,
        "text": {"max_tokens": model.text.max_tokens, "pad": model.text.tokenizer.pad_token_id},
        "image": {"size": list(size), "tower_size": list(model.image.size)},
    }


def _write_facts(draft: Path, facts: Facts) -> None:
    (draft / EXPORTED).write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def _copy_index(source: Path, draft: Path, final: Path) -> None:
    """The database of an index stays where it is; only the way to it changes."""
    shutil.copytree(source, draft)
    facts = json.loads((draft / FACTS).read_text("utf-8"))
    if facts["uri"] and "://" not in facts["uri"]:
        facts["uri"] = os.path.relpath(located(facts["uri"], source), final)
        (draft / FACTS).write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def _check_text(towers: OnnxTowers, model: DualEncoder, index: SearchIndex) -> float:
    """Captions of the catalogue one at a time and together, and some that no catalogue has."""
    drawn = np.unique(np.linspace(0, len(index.texts) - 1, CHECKED).astype(int))
    captions = [product.caption for product in index.texts.products(list(drawn))]
    odd = ["", "a", "ÄÖ 漢字 🙂", "word " * 200]
    batches = [captions, odd, *([caption] for caption in [*captions[:8], *odd])]
    pairs = [(model.embed_captions(batch), towers.embed_captions(batch)) for batch in batches]
    return _checked("text", pairs)


def _check_images(towers: OnnxTowers, model: DualEncoder, place: Place) -> float:
    """Pictures of the catalogue where there are any, and noise."""
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 256, (8, *towers.size, 3), dtype=np.uint8)
    batches = [noise, noise[:1]]
    if place.pictures:
        images = ImageStore.load(place.pictures).images
        batches.append(images[np.unique(np.linspace(0, len(images) - 1, CHECKED).astype(int))])
    pairs = [(model.embed_images(batch), towers.embed_images(batch)) for batch in batches]
    return _checked("image", pairs)


def _checked(tower: str, pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    difference = max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs)
    if not difference <= TOLERANCE:  # NaN is no match either
        raise SearchError(
            f"the {tower} tower in ONNX differs from torch by {difference:.1e}, expected at most "
            f"{TOLERANCE:.0e}; nothing was exported. Try another version of torch or onnxscript"
        )
    return difference
