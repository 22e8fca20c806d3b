"""The three pairs at full size, from scratch: BERT-base, GPT-2, ResNet-50 and ViT-B/16."""

from __future__ import annotations

from shopclip.dualencoder import ImageEncoder, TextEncoder
from training_towers import Pair

SEEN = (224, 224)


def full_pairs(vocab_size: int) -> dict[str, Pair]:
    """Encoders of the published sizes with random weights; their tokenizers know this shop alone.

    Transformers from scratch collapse at the rate at which a ResNet learns best, so each encoder
    has its own. The mean of all tokens or patches learns in fewer epochs than a single one.

    Args:
        vocab_size: most tokens of a tokenizer.
    """
    bert = TextEncoder(config={"model_type": "bert"}, pooling="mean", vocab_size=vocab_size)
    gpt = TextEncoder(config={"model_type": "gpt2"}, pooling="mean", vocab_size=vocab_size)
    resnet = ImageEncoder(config={"model_type": "resnet"})
    vit = ImageEncoder(config={"model_type": "vit"}, pooling="mean")
    text, slow, fast = {"text_learning_rate": 2e-4}, 2e-4, 1e-3
    return {
        "bert_resnet": Pair(bert, resnet, {**text, "image_learning_rate": fast}),
        "bert_vit": Pair(bert, vit, {**text, "image_learning_rate": slow}),
        "gpt_vit": Pair(gpt, vit, {**text, "image_learning_rate": slow}),
    }
