import pandas as pd
import pytest

from shopclip.pipelines.evaluation.protocols import protocols


def test_paper_takes_all_products_and_held_out_those_kept_out():
    found = protocols(pd.DataFrame({"split": ["train", "held_out", "train", "held_out"]}))
    assert found["paper"].tolist() == [0, 1, 2, 3]
    assert found["held_out"].tolist() == [1, 3]


@pytest.mark.parametrize("kept_out", [0, 1])
def test_without_two_held_out_products_there_is_only_the_paper(kept_out):
    splits = ["held_out"] * kept_out + ["train"] * 3
    assert list(protocols(pd.DataFrame({"split": splits}))) == ["paper"]
