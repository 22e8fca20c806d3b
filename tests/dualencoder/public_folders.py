"""Tiny public models with random weights, saved as their folders on the hub look."""

import torch
from transformers import (
    AutoConfig,
    AutoModel,
    BertTokenizer,
    ChineseCLIPImageProcessor,
    CLIPImageProcessor,
    CLIPTokenizer,
    Siglip2ImageProcessor,
    SiglipImageProcessor,
    ViTImageProcessor,
)
from transformers import VisionTextDualEncoderModel as DualModel

CAPTIONS = [
    "Puma Men Blue Striped T-shirt",
    "red kurta",
    "Titan Women's watch with a very long name, of gold and steel, for every day of the year",
    "a",
]
TOWER = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
TOWER = {**TOWER, "intermediate_size": 24}


def clip_tokenizer(max_length=32):
    """Byte-level BPE with CLIP's beginning and end of a text."""
    from tokenizers import ByteLevelBPETokenizer

    trained = ByteLevelBPETokenizer(end_of_word_suffix="</w>", lowercase=True)
    trained.train_from_iterator(CAPTIONS * 4, vocab_size=340, show_progress=False)
    vocabulary = trained.get_vocab()
    letters = [f"{letter}</w>" for letter in list(vocabulary) if len(letter) == 1]
    words = dict.fromkeys([*sorted(vocabulary, key=vocabulary.get), *letters])
    words = [*words, "<|startoftext|>", "<|endoftext|>"]
    vocab = {word: number for number, word in enumerate(words)}
    return CLIPTokenizer(vocab=vocab, merges=[], model_max_length=max_length)


def bert_tokenizer(max_length=32, **options):
    words = sorted({word for caption in CAPTIONS for word in caption.lower().split()})
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [chr(number) for number in range(33, 127)]
    words = [*special, *dict.fromkeys([*words, *letters, *(f"##{one}" for one in letters)])]
    vocab = {word: number for number, word in enumerate(words)}
    return BertTokenizer(vocab=vocab, model_max_length=max_length, **options)


def _two_towers(kind, tokenizer, text, vision, **options):
    ids = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id or 0}
    ids |= {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    text = {**TOWER, "max_position_embeddings": 32, **ids, **text}
    vision = {**TOWER, "image_size": 32, "patch_size": 8, **vision}
    config = AutoConfig.for_model(kind, text_config=text, vision_config=vision, **options)
    return AutoModel.from_config(config)


def clip(folder):
    tokenizer = clip_tokenizer()
    model = _two_towers("clip", tokenizer, {}, {}, projection_dim=12)
    processor = CLIPImageProcessor(size={"shortest_edge": 36}, crop_size=32)
    return _save(folder, model, tokenizer, processor)


def metaclip_2(folder):
    tokenizer = clip_tokenizer()
    model = _two_towers("metaclip_2", tokenizer, {}, {}, projection_dim=12)
    return _save(
        folder, model, tokenizer, CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32)
    )


def siglip(folder):
    tokenizer = bert_tokenizer(model_input_names=["input_ids"])
    model = _two_towers("siglip", tokenizer, {"projection_size": 16}, {})
    processor = SiglipImageProcessor(
        size={"height": 32, "width": 32}, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    return _save(folder, model, tokenizer, processor)


def siglip2(folder):
    """NaFlex: patches of a picture in its own shape."""
    tokenizer = bert_tokenizer(model_input_names=["input_ids"])
    vision = {"num_patches": 16}
    model = _two_towers("siglip2", tokenizer, {"projection_size": 16}, vision)
    return _save(folder, model, tokenizer, Siglip2ImageProcessor(patch_size=8, max_num_patches=16))


def chinese_clip(folder):
    tokenizer = bert_tokenizer()
    model = _two_towers("chinese_clip", tokenizer, {}, {}, projection_dim=12)
    return _save(
        folder,
        model,
        tokenizer,
        ChineseCLIPImageProcessor(
            size={"height": 32, "width": 32}, crop_size={"height": 32, "width": 32}
        ),
    )


def vision_text_dual_encoder(folder):
    """BERT with ViT, as transformers' own class joins them."""
    tokenizer = bert_tokenizer()
    text = AutoConfig.for_model("bert", **TOWER, vocab_size=len(tokenizer))
    vision = AutoConfig.for_model("vit", **TOWER, image_size=32, patch_size=8)
    config = AutoConfig.for_model(
        "vision-text-dual-encoder",
        text_config=text.to_dict(),
        vision_config=vision.to_dict(),
        projection_dim=12,
    )
    return _save(
        folder, DualModel(config), tokenizer, ViTImageProcessor(size={"height": 32, "width": 32})
    )


def altclip(folder):
    tokenizer = bert_tokenizer()
    model = _two_towers(
        "altclip",
        tokenizer,
        {"project_dim": 16, "max_position_embeddings": 40},
        {},
        projection_dim=12,
    )
    return _save(
        folder, model, tokenizer, CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32)
    )


KINDS = [clip, metaclip_2, siglip, siglip2, chinese_clip, vision_text_dual_encoder, altclip]


def _save(folder, model, tokenizer, processor):
    torch.manual_seed(1)
    for parameter in model.parameters():  # initial ones are so small that all captions are alike
        parameter.data += torch.randn_like(parameter) * 0.1
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
