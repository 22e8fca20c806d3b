"""Captions as token ids: tokenizers, tokenized captions, and groups of like length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

END_OF_TEXT = "<|endoftext|>"
WORD_PIECE_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def train_tokenizer(model_type: str, captions: Iterable[str], vocab_size: int) -> Any:
    """A transformers tokenizer with at most `vocab_size` tokens.

    WordPiece with [CLS] and [SEP] for the BERT family, byte-level BPE for the others.
    """
    if model_type in ("bert", "distilbert", "electra"):
        return _word_piece(captions, vocab_size)
    return _byte_pair(captions, vocab_size)


def _word_piece(captions: Iterable[str], vocab_size: int) -> Any:
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizer

    captions = list(captions)
    trained = BertWordPieceTokenizer(lowercase=True)
    # The trainer numbers the letters inside words by a hash table, differently in every run, and
    # later breaks ties by these numbers. Named beforehand, they are always the same.
    letters = sorted({letter for caption in captions for letter in caption.lower()})
    inside = [f"##{letter}" for letter in letters if not letter.isspace()]
    trained.train_from_iterator(
        captions,
        vocab_size=vocab_size,
        min_frequency=2,
        show_progress=False,
        special_tokens=[*WORD_PIECE_SPECIAL, *inside],
    )
    return BertTokenizer(vocab=_in_order(trained.get_vocab()))


def _byte_pair(captions: Iterable[str], vocab_size: int) -> Any:
    import json

    from tokenizers import ByteLevelBPETokenizer
    from transformers import GPT2Tokenizer

    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(
        captions,
        vocab_size=vocab_size,
        min_frequency=2,
        special_tokens=[END_OF_TEXT],
        show_progress=False,
    )
    model = json.loads(trained.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    return GPT2Tokenizer(vocab=_in_order(model["vocab"]), merges=merges, pad_token=END_OF_TEXT)


def _in_order(vocabulary: dict[str, int]) -> dict[str, int]:
    return dict(sorted(vocabulary.items(), key=lambda item: item[1]))


@dataclass(frozen=True)
class Tokens:
    """Token ids of many captions.

    Attributes:
        ids: int64 (captions, longest), padded on the right.
        lengths: int64 (captions,), tokens that are not padding.
    """

    ids: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, captions: Sequence[str], tokenizer: Any, max_tokens: int) -> Tokens:
        """Tokenise captions; a caption without any token becomes one padding token."""
        encoded = (
            tokenizer(list(captions), truncation=True, max_length=max_tokens)["input_ids"]
            if captions
            else []
        )
        lengths = np.array([len(ids) for ids in encoded], dtype=np.int64)
        matrix = np.full(
            (len(encoded), max(1, lengths.max(initial=0))), tokenizer.pad_token_id, dtype=np.int64
        )
        for row, ids in zip(matrix, encoded, strict=True):
            row[: len(ids)] = ids
        return cls(torch.from_numpy(matrix), torch.from_numpy(lengths.clip(min=1)))

    def batch(self, rows: Tensor, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
        """`input_ids` and `attention_mask`, both int64 (rows, longest of these rows)."""
        lengths = self.lengths[rows]
        longest = int(lengths.max())
        mask = (torch.arange(longest) < lengths[:, None]).long()
        return self.ids[rows, :longest].to(device), mask.to(device)


GROUPS = 4


@dataclass(frozen=True)
class LengthGroups:
    """A text tower that takes a batch in a few groups, each padded to its own longest caption.

    A batch is padded to its longest caption, which is more than twice the mean. The result is that
    of the tower, which treats every caption by itself. Worth it where arithmetic is what costs: on
    a CPU, not on a GPU, which would wait for the lengths.
    """

    tower: Callable[[Tensor, Tensor], Tensor]

    def __call__(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """int64 (batch, tokens) twice → L2-normalised float (batch, embed_dim)."""
        lengths = attention_mask.sum(dim=1)
        order = lengths.argsort()
        parts = [
            self.tower(input_ids[rows, :longest], attention_mask[rows, :longest])
            for rows in order.tensor_split(GROUPS)
            if len(rows) and (longest := int(lengths[rows[-1]]))
        ]
        return torch.cat(parts)[order.argsort()]
