"""Which encoders make a tower, found out: tiny ones of every kind that transformers lists.

    python benchmarks/architectures.py           # two minutes; writes docs/reference/encoders.md
    python benchmarks/architectures.py --onnx    # and exports each, about fifteen

Each is built from a config and from a folder as the hub's look, trained for a few steps, saved and
loaded, and asked whether it depends on padding and sees the last word.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from transformers import PretrainedConfig

from architecture_configs import IMAGE, SIZE, TEXT, VOCABULARY, tiny
from shopclip.dualencoder import DualEncoder, Examples, ImageEncoder, Recipe, TextEncoder, fit
from shopclip.dualencoder.encoder_check import check_image_encoder, check_text_encoder
from shopclip.dualencoder.encoder_config import EncoderConfigError
from shopclip.dualencoder.encoders import model_class
from shopclip.dualencoder.tokenization import train_tokenizer
from shopclip.errors import ShopclipError, first_line

PAGE = Path(__file__).parents[1] / "docs/reference/encoders.md"
CAPTIONS = (
    "a red shirt",
    "a blue shirt of grey red green cotton for men",
    "shoes",
    "green leather shoes for women and men",
)
LAST_WORDS = ("a red shirt blue", "a red shirt grey")
OTHER_TEXT = TextEncoder(config=tiny("bert"), vocab_size=VOCABULARY)
OTHER_IMAGE = ImageEncoder(config=tiny("resnet"), size=SIZE)
STEPS = Recipe(epochs=1, batch_size=16, flip=False)


HEAD = """# Encoders

The text and image encoders that transformers {version} lists, tried with tiny ones
(`{command}`): built by `config`, and by `name` from a folder, trained, saved and loaded
to the same bits. What cannot be a tower is refused in one line before anything is built.
`tests/benchmarks/test_architectures.py` holds all of it.

Nothing goes by a list of names: an encoder is tried when its tower is built, and pooled where it
sees a whole caption
([how an encoder is pooled](../how-to/add-a-pair.md#how-an-encoder-is-pooled)). *alone*: it mixes a
caption with the padding beside it, so that captions of one length run together, without any. A
pretrained encoder sees pictures at its own size, with its own mean and deviation; one from scratch
at `images.size` and in [-1, 1].
"""


@dataclass(frozen=True)
class Row:
    """What became of an architecture.

    Attributes:
        refused: the one line that says why it makes no tower; empty where it does.
        pooling, isolated, sees: of its tower, as found out.
        padding: largest change of an embedding by the padding beside it.
        last_word: largest change by the last word; NaN of an image encoder.
        same_after_loading: whether embeddings are equal to the last bit.
        without_gradient: names of parameters that should learn and did not.
        onnx: `yes`, `no`, or empty where it was not asked.
    """

    kind: str
    by: str
    refused: str = ""
    pooling: str = ""
    isolated: bool = False
    sees: str = ""
    padding: float = 0.0
    last_word: float = float("nan")
    same_after_loading: bool = True
    without_gradient: tuple[str, ...] = ()
    onnx: str = ""

    @property
    def works(self) -> bool:
        return not self.refused

    @property
    def right(self) -> bool:
        """Whether nothing about it is wrong in silence."""
        sees = self.last_word != self.last_word or self.last_word > 1e-6
        whole = self.same_after_loading and not self.without_gradient
        return not self.works or (self.padding <= 1e-5 and sees and whole)


def try_text(kind: str, by: str = "config", *, onnx: bool = False) -> Row:
    """A text encoder beside a small ResNet; by `config` or by `folder`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            spec = TextEncoder(config=tiny(kind), vocab_size=VOCABULARY, max_tokens=24)
            if by == "folder":
                _save_text(kind, folder / "hub")
                spec = TextEncoder(name=str(folder / "hub"), max_tokens=24)
            check_text_encoder(spec, embed_dim=16)
            model = _build(spec, OTHER_IMAGE)
        except ShopclipError as error:
            return Row(kind, by, refused=first_line(error))
        return _tried(Row(kind, by), model, "text", folder, onnx)


def try_image(kind: str, by: str = "config", *, onnx: bool = False) -> Row:
    """An image encoder beside a small BERT."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            spec = ImageEncoder(config=tiny(kind), size=SIZE)
            if by == "folder":
                _save_image(kind, folder / "hub")
                spec = ImageEncoder(name=str(folder / "hub"))
            check_image_encoder(spec, SIZE, embed_dim=16)
            model = _build(OTHER_TEXT, spec)
        except ShopclipError as error:
            return Row(kind, by, refused=first_line(error))
        return _tried(Row(kind, by), model, "image", folder, onnx)


def _build(text: TextEncoder, image: ImageEncoder) -> DualEncoder:
    captions = [*CAPTIONS, *LAST_WORDS] * 3
    return DualEncoder.build(text, image, captions=captions, size=SIZE, embed_dim=16)


def _examples() -> Examples:
    images = np.random.default_rng(0).integers(0, 256, (32, 72, 56, 3), dtype=np.uint8)
    return Examples(images, np.arange(32), np.arange(32) % len(CAPTIONS), CAPTIONS)


def _tried(row: Row, model: DualEncoder, side: str, folder: Path, onnx: bool) -> Row:
    examples, tower = _examples(), getattr(model, side)
    try:
        fit(model, examples, STEPS)
        learns = ((n, p) for n, p in tower.encoder.named_parameters() if p.requires_grad)
        without = tuple(name for name, parameter in learns if parameter.grad is None)
        together = model.embed_captions(CAPTIONS)
        alone = np.concatenate([model.embed_captions([caption]) for caption in CAPTIONS])
        one, other = model.embed_captions(LAST_WORDS)
        pictures = model.embed_images(examples.images[:4])
        model.save(folder / "model")
        loaded = DualEncoder.load(folder / "model")
    except ShopclipError as error:
        return Row(row.kind, row.by, refused=first_line(error))
    same = np.array_equal(loaded.embed_captions(CAPTIONS), together) and np.array_equal(
        loaded.embed_images(examples.images[:4]), pictures
    )
    height, width = model.image.size
    return Row(
        row.kind,
        row.by,
        pooling=tower.pooling,
        isolated=getattr(tower.facts, "isolated", False),
        sees=f"{height} × {width}",
        padding=float(abs(together - alone).max()),
        last_word=float(abs(one - other).max()) if side == "text" else float("nan"),
        same_after_loading=bool(same),
        without_gradient=without,
        onnx=_exports(loaded, side, folder) if onnx else "",
    )


def _exports(model: DualEncoder, side: str, folder: Path) -> str:
    """Whether onnxruntime says what torch says."""
    import onnxruntime

    from shopclip.search.export_graphs import write_image, write_text

    file = folder / "tower.onnx"
    try:
        if side == "text":
            if model.text.facts.isolated:
                return "no"
            write_text(model.eval(), file)
            ids, mask = model.tokenise(CAPTIONS).batch(np.arange(len(CAPTIONS)))
            inputs = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
            expected = model.embed_captions(CAPTIONS)
        else:
            images = _examples().images[:3]
            write_image(model.eval(), images.shape[1:3], file)
            inputs, expected = {"pixels": images}, model.embed_images(images)
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        (found,) = session.run(None, inputs)
    except Exception:  # the exporter raises a dozen kinds
        return "no"
    same = found.shape == expected.shape and abs(found - expected).max() <= 1e-4
    return "yes" if same else "no"


def _save_text(kind: str, folder: Path) -> None:
    from transformers import AutoConfig

    tokenizer = train_tokenizer(kind, [*CAPTIONS, *LAST_WORDS] * 3, VOCABULARY)
    ids = {
        f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("pad", "bos", "eos")
    }
    config = {**tiny(kind), **ids, "vocab_size": len(tokenizer)}
    _save(AutoConfig.for_model(config.pop("model_type"), **config), folder)
    tokenizer.save_pretrained(folder)


def _save_image(kind: str, folder: Path) -> None:
    from transformers import AutoConfig, Siglip2ImageProcessor, ViTImageProcessor

    config = tiny(kind)
    _save(AutoConfig.for_model(config.pop("model_type"), **config), folder)
    size = {"height": SIZE[0], "width": SIZE[1]}
    imagenet = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
    processor = ViTImageProcessor(size=size, **imagenet)
    if kind == "siglip2_vision_model":
        processor = Siglip2ImageProcessor(patch_size=16, max_num_patches=16)
    processor.save_pretrained(folder)


def _save(config: PretrainedConfig, folder: Path) -> None:
    """Raises EncoderConfigError where transformers itself cannot make such a model."""
    try:
        model_class(type(config))(config).save_pretrained(folder)
    except Exception as error:  # of any kind: it is the library's
        raise EncoderConfigError(first_line(error)) from error


def rows(onnx: bool) -> Iterator[tuple[Row, Row]]:
    """By config and by folder, of every text and then every image encoder."""
    from tqdm import tqdm

    for attempt, kinds in ((try_text, TEXT), (try_image, IMAGE)):
        for kind in tqdm(kinds, unit="kind"):
            yield attempt(kind, "config", onnx=onnx), attempt(kind, "folder")


def page(found: list[tuple[Row, Row]], onnx: bool) -> str:
    """Markdown."""
    import transformers

    texts, images = found[: len(TEXT)], found[len(TEXT) :]
    command = "python benchmarks/architectures.py" + (" --onnx" if onnx else "")
    parts = [HEAD.format(version=transformers.__version__, command=command)]
    for title, some in (("Text", texts), ("Pictures", images)):
        config, folder = (sum(pair[by].works for pair in some) for by in (0, 1))
        parts.append(f"## {title}: {config} of {len(some)} by config, {folder} by folder\n")
        parts.append(_table(some, onnx))
    return "\n".join(parts) + "\n"


def _table(found: list[tuple[Row, Row]], onnx: bool) -> str:
    lines = ["| model_type | config | folder | pooling |" + (" ONNX |" if onnx else "")]
    lines.append("|---|---|---|---|" + ("---|" if onnx else ""))
    for config, folder in found:
        why = (config if config.refused else folder).refused
        pooling = config.pooling or folder.pooling or _short(why)
        alone = ", alone" if config.isolated or folder.isolated else ""
        cells = [f"`{config.kind}`", *("yes" if one.works else "no" for one in (config, folder))]
        cells += [f"{pooling}{alone}", *([config.onnx or "–"] if onnx else [])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _short(why: str) -> str:
    reason = why[why.rfind("(") + 1 :].rstrip(")") if "(" in why else why
    return reason.replace("|", "/")[:110]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--onnx", action="store_true", help="export each to ONNX as well")
    onnx = parser.parse_args().onnx
    logging.disable(logging.WARNING)
    PAGE.write_text(page(list(rows(onnx)), onnx), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
