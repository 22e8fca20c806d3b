"""Which layer of an encoder a parameter belongs to, counted from the input.

Layer-wise learning-rate decay (BEiT, Bao et al. 2021, arXiv 2106.08254, appendix; timm's and
open_clip's `layer_decay`): the top block learns at the rate itself, each one below it at `decay`
times that of the one above, what comes before the first block slowest.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

# Matrices after the last block that open_clip's towers hold themselves, and so name first.
HEADS = ("proj", "text_projection")


def rate_shares(encoder: nn.Module, decay: float) -> dict[str, float]:
    """The share of its learning rate that each parameter of an encoder learns at, by its name."""
    return {name: decay**below for name, below in layers_below_top(encoder).items()}


def layers_below_top(encoder: nn.Module) -> dict[str, int]:
    """How many layers each parameter of an encoder is below the top one, by its name.

    Blocks are those of a transformer, or the stages of a convolutional network. What is before the
    first counts as a layer below it, what is after a block goes with it. All are 0 where an encoder
    has no two blocks of its own in a row, as ALBERT, whose layers are one.
    """
    blocks = list(_blocks(encoder))
    layers: dict[str, int] = {}
    reached = 0
    for name, _ in encoder.named_parameters():
        own = next((n for n, block in enumerate(blocks, 1) if name.startswith(f"{block}.")), None)
        reached = max(reached, own or 0)
        # What is in no block stands in the module where it is used, but for the heads.
        layers[name] = len(blocks) if name.rpartition(".")[2] in HEADS else own or reached
    return {name: len(blocks) - layer for name, layer in layers.items()}


def _blocks(module: nn.Module, name: str = "") -> Iterator[str]:
    """Names of the outermost modules that stand in a row with others of their class."""
    children = list(module.named_children())
    if isinstance(module, nn.ModuleList | nn.Sequential) and _alike([c for _, c in children]):
        yield from (f"{name}.{child}" for child, _ in children)
        return
    for child, inner in children:
        yield from _blocks(inner, f"{name}.{child}" if name else child)


def _alike(modules: list[nn.Module]) -> bool:
    learning = all(next(module.parameters(), None) is not None for module in modules)
    return len(modules) > 1 and learning and len({type(module) for module in modules}) == 1
