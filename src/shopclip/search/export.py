"""A pair and its index as a folder that needs neither torch nor the pipelines."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shopclip.files.atomic import atomic_folder
from shopclip.files.image_store import ImageStore
from shopclip.files.integrity import digests
from shopclip.search.errors import SearchError
from shopclip.search.index.milvus import Identity, located
from shopclip.search.index.opened import FACTS, SearchIndex
from shopclip.search.index.protocol import Facts
from shopclip.search.locations import EXPORTED, Location, find
from shopclip.search.towers import FORMAT, OnnxTowers

if TYPE_CHECKING:
    from shopclip.dualencoder import DualEncoder

LISTED = "files"  # in the manifest: what the export itself has written
# The files and folders of an export whose manifest lists none, of an earlier version.
_UNLISTED = (
    EXPORTED,
    "text.onnx",
    "image.onnx",
    "tokenizer.json",
    "image_embeddings.npy",
    "index",
    "image_store",
)


def others(folder: Path) -> list[Path]:
    """What is not an export's, relative to the folder: files, links and empty folders.

    Raises:
        SearchError: the folder is no folder, or holds something and no export.
    """
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise SearchError(f"{folder}: a file; give a new folder or an older export")
    entries = list(_entries(folder))
    ours = _listed(folder / EXPORTED)
    if entries and ours is None:
        raise SearchError(f"{folder}: holds something else; give a new folder or an older export")
    if ours:
        return [path for path in entries if path.as_posix() not in ours]
    return [path for path in entries if path.parts[0] not in _UNLISTED]


def keep(paths: list[Path], folder: Path, draft: Path) -> None:
    """Put what is not the export's into the draft that will replace the folder.

    Raises:
        SearchError: the new export has something of its own in that place.
    """
    for path in paths:
        here, there = folder / path, draft / path
        is_folder = here.is_dir() and not here.is_symlink()
        if is_folder and there.is_dir():
            continue
        if os.path.lexists(there) or any((draft / above).is_file() for above in path.parents):
            raise SearchError(
                f"{here}: not of the export that lies there, and the new one would replace it; "
                "move it away, or give a new folder"
            )
        if is_folder:
            there.mkdir(parents=True)
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(here, there, follow_symlinks=False)
        except (OSError, NotImplementedError):  # a disk without links, or a system
            shutil.copy2(here, there, follow_symlinks=False)


def written(draft: Path) -> list[str]:
    """What the manifest lists."""
    return sorted({EXPORTED, *(path.as_posix() for path in _entries(draft))})


def _listed(manifest: Path) -> set[str] | None:
    """What an export lists as its own; None if there is no export."""
    try:
        facts = json.loads(manifest.read_text("utf-8"))
        _ = facts["format"], facts["pair"]
        return set(facts.get(LISTED, []))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _entries(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder, onerror=_raise):
        here = Path(root)
        links = [name for name in folders if (here / name).is_symlink()]
        for name in (*files, *links):
            yield (here / name).relative_to(folder)
        if not folders and not files and here != folder:
            yield here.relative_to(folder)


def _raise(error: OSError) -> None:
    raise SearchError(f"{error.filename}: cannot be read ({error.strerror}); make it readable")


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
    from shopclip.dualencoder import Ensemble, load_model

    place, to = find(folder, pair), Path(to).resolve()
    if place.is_export:
        raise SearchError(f"{folder}: an export already; give the project")
    others(to)  # a folder of the user's is refused before anything is done
    model = load_model(place.towers).eval()
    if isinstance(model, Ensemble):
        raise SearchError(
            f"{place.pair}: an ensemble has several tokenizers, so that no ONNX graph is made; "
            f"export a member of it (--pair {next(iter(model.members))}), or search with the "
            "ensemble itself"
        )
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
    tokenizer = getattr(model.text.tokenizer, "backend_tokenizer", None)
    if tokenizer is None or model.text.facts.isolated:
        why = "depend on their neighbours' padding" if tokenizer else "have no tokenizer.json"
        raise SearchError(
            f"{pair}: captions of its text tower {why}, so that no ONNX graph is made; search with "
            "the pair itself, without an export"
        )
    try:
        from shopclip.search.export_graphs import write_image, write_text

        write_text(model, draft / "text.onnx")
        write_image(model, size, draft / "image.onnx")
    except ModuleNotFoundError as error:
        raise SearchError(
            f"an export needs {error.name}, which is not installed: pip install 'shopclip[search]'"
        ) from error
    tokenizer.save(str(draft / "tokenizer.json"))
    return {
        "format": FORMAT,
        "pair": pair,
        "dimensions": model.embed_dim,
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


def _check_images(towers: OnnxTowers, model: DualEncoder, place: Location) -> float:
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
