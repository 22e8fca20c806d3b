import pytest
import torch

from shopclip.dualencoder.tokenization import LengthGroups
from tests.dualencoder.conftest import BERT, GPT, RESNET, build

CAPTIONS = ["a red shirt " * (1 + i % 5) + "blue" * (i % 3) for i in range(23)]


@pytest.mark.parametrize("text", [BERT, GPT])
@pytest.mark.parametrize("count", [1, 3, 23])
def test_gives_what_the_tower_gives_in_the_same_order(text, count):
    tower = build(text, RESNET).text.eval()
    model = build(text, RESNET)
    tokens = model.tokenise(CAPTIONS).batch(torch.randperm(len(CAPTIONS))[:count])
    torch.testing.assert_close(LengthGroups(tower)(*tokens), tower(*tokens), atol=1e-5, rtol=0)


def test_little_of_what_the_tower_sees_is_padding():
    tower = build(BERT, RESNET).text
    ids = torch.ones(64, 20, dtype=torch.int64)
    mask = (torch.arange(20) < torch.arange(64)[:, None] // 8 * 2 + 3).long()
    seen = []
    tower.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[1]))
    LengthGroups(tower)(ids, mask)
    assert sum(part.numel() for part in seen) < 0.75 * mask.numel()
    assert sum(int(part.sum()) for part in seen) == int(mask.sum())
