"""What one dry pass says of an encoder: its width, its pooling, what it needs.

Names and configurations of two hundred architectures say too little, and some say it wrongly. The
encoder itself knows: whether its first token sees its last, whether a caption changes with the
padding beside it, and which of its weights have a part in what it says.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from shopclip.dualencoder.pooling import pooled, states_of
from shopclip.dualencoder.preprocessing import Preprocessing
from shopclip.dualencoder.pretrained import vocabulary_of
from shopclip.errors import ShopclipError, first_line

WORDS = 6  # of a caption that is tried
SAME = 1e-4  # of the size of a vector; less is rounding


class EncoderProbeError(ShopclipError):
    """An encoder does not do what a tower needs of it."""


@dataclass(frozen=True)
class TextFacts:
    """What a tower has to know of a text encoder.

    Attributes:
        width: of its vectors.
        pooling: one that lets the last word of a caption be seen.
        max_tokens: that it takes.
        isolated: a caption depends on the padding beside it, and has to be run without any.
        min_tokens: that it takes.
        unused: names of parameters that have no part in its vectors.
    """

    width: int
    pooling: str
    max_tokens: int
    isolated: bool
    unused: frozenset[str]
    min_tokens: int = 1


@dataclass(frozen=True)
class ImageFacts:
    """What a tower has to know of an image encoder; as `TextFacts`."""

    width: int
    pooling: str
    unused: frozenset[str]


def takes(encoder: nn.Module) -> frozenset[str]:
    """Names of the arguments that an encoder is called with."""
    return frozenset(inspect.signature(encoder.forward).parameters)


Run = Callable[[Tensor, Tensor], Any]


def probe_text(
    encoder: nn.Module, run: Run, tokenizer: Any, *, pooling: str, max_tokens: int, own_head: bool
) -> TextFacts:
    """Find out about a text encoder.

    Args:
        run: `input_ids` and `attention_mask`, int64 (batch, tokens) → its output.
        tokenizer: its tokenizer; None for one that is not made yet, of which less is found out.
        pooling: the one asked for; `auto` finds it.
        max_tokens: the most that are asked for.
        own_head: it was trained with its own pooler, where it has one.

    Raises:
        EncoderProbeError: it takes no captions, or does not see their last word.
    """
    with _resting(encoder):
        if tokenizer is None:
            ids = torch.zeros((1, WORDS), dtype=torch.long)
            output = run(ids, torch.ones_like(ids))
            chosen = "cls" if pooling == "auto" else pooling
            vectors = pooled(output, chosen, torch.ones_like(ids))
            return TextFacts(_width(vectors), chosen, max_tokens, False, frozenset())
        caption, others, longer, starts_with_class = _captions(encoder, tokenizer)
        mask = torch.ones_like(caption)
        output, changed = run(caption, mask), {word: run(ids, mask) for word, ids in others.items()}
        if pooling == "auto":
            head = own_head and getattr(output, "pooler_output", None) is not None
            plain = _pooling_of(output, changed["last"], starts_with_class)
            # CLIP's own looks for an end of text, which not every tokenizer writes.
            choices = ["pooler", plain] if head else [plain]
            unseen = {one: _unseen(output, changed, one, mask) for one in choices}
            pooling = next((one for one in choices if not unseen[one]), "")
            if not pooling:
                raise EncoderProbeError(
                    f"a {_kind(encoder)} pooled by {choices[0]} does not see the "
                    f"{unseen[choices[0]]} word of a caption; give it another pooling, such as "
                    "mean, or take another encoder"
                )
        vectors = pooled(output, pooling, mask)
        both, masks = _side_by_side(caption, longer, tokenizer)
        beside = pooled(run(both, masks), pooling, masks)[:1]
        positions = _longest(run, caption, max_tokens)
        return TextFacts(
            _width(vectors),
            pooling,
            positions,
            _differ(vectors, beside),
            _unused(encoder, lambda: pooled(run(caption, mask), pooling, mask)),
            _shortest(run, caption),
        )


def probe_image(
    encoder: nn.Module,
    run: Callable[[Tensor], Any],
    preprocessing: Preprocessing,
    pooling: str,
    missing: frozenset[str] = frozenset(),
) -> ImageFacts:
    """Find out about an image encoder; on torch's meta device as well.

    Args:
        run: stored pixels, uint8 (batch, height, width, 3) → its output.
        pooling: the one asked for; `auto` is the encoder's own head where that has weights, the
            class token where there is one, else the mean.
        missing: names of its weights that pretrained files did not hold.

    Raises:
        EncoderProbeError: it takes no pictures of this size.
    """
    height, width = preprocessing.size
    with _resting(encoder):
        device = next(encoder.parameters()).device
        images = torch.zeros((2, height, width, 3), dtype=torch.uint8, device=device)
        output = run(images)
        chosen = _image_pooling(encoder, output) if pooling == "auto" else pooling
        unused = _unused(encoder, lambda: pooled(run(images), chosen))
        if pooling == "auto" and getattr(output, "pooler_output", None) is not None and unused:
            by_head = _unused(encoder, lambda: pooled(run(images), "pooler"))
            if by_head < unused and not (unused - by_head) & missing:
                chosen, unused = "pooler", by_head
        return ImageFacts(_width(pooled(output, chosen), len(images)), chosen, unused)


def _image_pooling(encoder: nn.Module, output: Any) -> str:
    if _kind(encoder) == "timm_wrapper":  # of any layout, which its own pooler knows
        return "pooler"
    tokens = states_of(output).ndim == 3
    return "cls" if tokens and has_class_token(encoder) else "mean"


def has_class_token(encoder: nn.Module) -> bool:
    """Whether it learns a vector that stands before the patches of every picture."""
    names = (name.rsplit(".", 1)[-1] for name, _ in encoder.named_parameters())
    return any(name in ("cls_token", "class_token", "class_embedding") for name in names)


def _captions(encoder: nn.Module, tokenizer: Any) -> tuple[Tensor, dict[str, Tensor], Tensor, bool]:
    """A caption, ones with another first and last word, a longer; and if a class token begins it.

    Raises:
        EncoderProbeError: the tokenizer has too few words.
    """
    special = {
        getattr(tokenizer, f"{name}_token_id", None) for name in ("bos", "eos", "cls", "sep")
    }
    special |= set(tokenizer.all_special_ids)
    rows = vocabulary_of(encoder) or len(tokenizer)
    words = [number for number in range(min(rows, len(tokenizer))) if number not in special]
    if len(words) < 2 * WORDS:
        raise EncoderProbeError(
            f"its tokenizer has {len(words)} words beside its special tokens; expected a vocabulary"
        )
    frame = tokenizer(" ".join("abcdef"))["input_ids"]
    before = [number for number in frame[:1] if number in special]
    after = [number for number in frame[-1:] if number in special and len(frame) > 1]
    step = len(words) // (2 * WORDS)
    chosen = words[::step][: 2 * WORDS]
    caption, another = chosen[:WORDS], chosen[-1]
    others = {"last": [*caption[:-1], another], "first": [another, *caption[1:]]}

    def framed(words: list[int]) -> Tensor:
        return torch.tensor([[*before, *words, *after]])

    starts = bool(before) and before[0] in (tokenizer.cls_token_id, tokenizer.bos_token_id)
    changed = {word: framed(words) for word, words in others.items()}
    return framed(caption), changed, framed(chosen), starts


def _side_by_side(short: Tensor, longer: Tensor, tokenizer: Any) -> tuple[Tensor, Tensor]:
    padded = torch.full_like(longer, tokenizer.pad_token_id)
    padded[:, : short.shape[1]] = short
    mask = torch.ones_like(longer)
    mask[:, short.shape[1] :] = 0
    return torch.cat([padded, longer]), torch.cat([mask, torch.ones_like(longer)])


def _pooling_of(output: Any, changed: Any, starts_with_class: bool) -> str:
    first, first_changed = states_of(output)[:, 0], states_of(changed)[:, 0]
    if getattr(output, "last_hidden_state", None) is None and hasattr(output, "pooler_output"):
        return "pooler"  # as of DPR, which says nothing else
    if not _differ(first, first_changed):
        return "last"  # causal: what stands first sees nothing of what follows
    return "cls" if starts_with_class else "mean"


def _unseen(output: Any, changed: dict[str, Any], pooling: str, mask: Tensor) -> str:
    """Which word of a caption makes no difference to its vector; empty if all do."""
    vectors = pooled(output, pooling, mask)
    same = (w for w, one in changed.items() if not _differ(vectors, pooled(one, pooling, mask)))
    return next(same, "")


def _longest(run: Run, caption: Tensor, most: int) -> int:
    """Tokens that a caption may have: RoBERTa's positions begin after that of padding."""
    error: Exception = RuntimeError()
    for length in (most, most - 1, most - 2, most - 4):
        ids = caption[:, :1].repeat(1, max(1, length))
        ids[:, : caption.shape[1]] = caption[:, :length]
        try:
            run(ids, torch.ones_like(ids))
        except Exception as too_long:  # of any kind: an index out of range, mostly
            error = too_long
        else:
            return length
    raise EncoderProbeError(
        f"it takes no caption of {most} tokens ({first_line(error)}); lower max_tokens"
    ) from error


def _shortest(run: Run, caption: Tensor) -> int:
    """Tokens that a caption has to have: CANINE takes four at once."""
    for length in (1, 2, 4, 8):
        try:
            run(caption[:, :length], torch.ones_like(caption[:, :length]))
        except Exception:  # of any kind
            continue
        return length
    return caption.shape[1]


def _unused(encoder: nn.Module, vectors: Callable[[], Tensor]) -> frozenset[str]:
    """Names of the parameters from which no gradient flows."""
    learning = {name: p.requires_grad for name, p in encoder.named_parameters()}
    encoder.requires_grad_(True)
    try:
        with torch.inference_mode(False), torch.enable_grad():
            names, parameters = zip(*encoder.named_parameters(), strict=True)
            gradients = torch.autograd.grad(vectors().float().sum(), parameters, allow_unused=True)
    finally:
        for name, parameter in encoder.named_parameters():
            parameter.requires_grad_(learning[name])
    return frozenset(n for n, g in zip(names, gradients, strict=True) if g is None)


@contextmanager
def _resting(encoder: nn.Module) -> Iterator[None]:
    """Without dropout, and with what is left to chance as it was before.

    Raises:
        EncoderProbeError: whatever the encoder raises.
    """
    training = encoder.training
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            encoder.eval()
            yield
    except (ShopclipError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # of any kind: it is a library's
        if any(parameter.is_meta for parameter in encoder.parameters()):
            raise
        raise EncoderProbeError(
            f"a {_kind(encoder)} cannot be tried as a tower ({type(error).__name__}: "
            f"{first_line(error)}); take another encoder"
        ) from error
    finally:
        encoder.train(training)


def _differ(one: Tensor, other: Tensor) -> bool:
    scale = max(one.abs().max().item(), 1e-6)
    return (one - other).abs().max().item() > SAME * scale


def _width(vectors: Tensor, inputs: int = 1) -> int:
    if vectors.ndim != 2 or len(vectors) != inputs:
        raise EncoderProbeError(
            f"expected a vector an input, got shape {tuple(vectors.shape)} of {inputs}; give it "
            "another pooling, or take another encoder"
        )
    return vectors.shape[1]


def _kind(encoder: nn.Module) -> str:
    return str(encoder.config.model_type)  # type: ignore[union-attr]
