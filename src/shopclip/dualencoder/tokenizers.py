"""Tokenizers trained on a shop's own captions, in the format of the architecture they serve."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

END_OF_TEXT = "<|endoftext|>"
WORD_PIECE_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def train_tokenizer(model_type: str, captions: Iterable[str], vocabulary: int) -> Any:
    """A transformers tokenizer with at most `vocabulary` tokens.

    WordPiece with [CLS] and [SEP] for the BERT family, byte-level BPE for the others.
    """
    if model_type in ("bert", "distilbert", "electra"):
        return _word_piece(captions, vocabulary)
    return _byte_pair(captions, vocabulary)


def _word_piece(captions: Iterable[str], vocabulary: int) -> Any:
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizer

    captions = list(captions)
    trained = BertWordPieceTokenizer(lowercase=True)
    # The trainer numbers the letters inside words by a hash table, differently in every run, and
    # later breaks ties by these numbers. Named beforehand, they are always the same.
    letters = sorted({letter for caption in captions for letter in caption.lower()})
    inside = [f"##{letter}" for letter in letters if not letter.isspace()]
    trained.train_from_iterator(
        captions, vocab_size=vocabulary, min_frequency=2, show_progress=False,
        special_tokens=[*WORD_PIECE_SPECIAL, *inside],
    )  # fmt: skip
    return BertTokenizer(vocab=_in_order(trained.get_vocab()))


def _byte_pair(captions: Iterable[str], vocabulary: int) -> Any:
    import json

    from tokenizers import ByteLevelBPETokenizer
    from transformers import GPT2Tokenizer

    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(
        captions, vocab_size=vocabulary, min_frequency=2, special_tokens=[END_OF_TEXT],
        show_progress=False,
    )  # fmt: skip
    model = json.loads(trained.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    return GPT2Tokenizer(vocab=_in_order(model["vocab"]), merges=merges, pad_token=END_OF_TEXT)


def _in_order(vocabulary: dict[str, int]) -> dict[str, int]:
    return dict(sorted(vocabulary.items(), key=lambda item: item[1]))
