import torch

from tests.dualencoder.conftest import BERT, GPT, RESNET, build

CAPTIONS = ["a red shirt", "a blue shirt in a red shirt", "red"]


def test_batches_are_padded_to_their_own_longest_caption():
    tokens = build(BERT, RESNET).tokenise(CAPTIONS)
    ids, mask = tokens.batch(torch.tensor([2, 0]))
    assert ids.shape[1] == int(tokens.lengths[[0, 2]].max()) < tokens.ids.shape[1]
    assert mask.sum(1).tolist() == tokens.lengths[[2, 0]].tolist()


def test_equals_the_tokenizers_own_padding():
    for text in (BERT, GPT):
        model = build(text, RESNET)
        expected = model.text.tokenizer(CAPTIONS, padding=True, return_tensors="pt")
        ids, mask = model.tokenise(CAPTIONS).batch(torch.arange(3))
        assert torch.equal(ids, expected["input_ids"])
        assert torch.equal(mask, expected["attention_mask"])


def test_captions_are_cut_to_the_towers_limit():
    model = build(BERT, RESNET)
    assert model.tokenise(["shirt " * 100]).ids.shape == (1, model.text.max_tokens)


def test_a_caption_without_tokens_counts_as_one_so_that_it_can_be_pooled():
    assert build(GPT, RESNET).tokenise([""]).lengths.tolist() == [1]
