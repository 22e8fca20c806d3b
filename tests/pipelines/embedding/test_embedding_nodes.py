import json

import numpy as np
import pandas as pd
import pytest

from shopclip.dualencoder import choose_device
from shopclip.parameters import EngineParameters, EvaluationParameters, TrainingParameters
from shopclip.pipelines.embedding.nodes import collect_queries, embed_queries, embed_texts
from shopclip.tables.ground_truth import BenchmarkError
from shopclip.tables.schemas import Queries

PARAMETERS = TrainingParameters(recipe={"epochs": 0}, device="cpu")


class Towers:
    """Embeds a caption as a number of its own, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def to(self, device):
        return self

    def embed_captions(self, captions):
        self.asked += captions
        return np.array([[len(caption), ord(caption[0])] for caption in captions], np.float32)


def test_a_repeated_text_is_embedded_once_and_every_row_has_it():
    towers = Towers()
    queries = pd.DataFrame({"text": ["Cap", "Shirt", "Cap", "Hat"]})
    found = embed_queries(towers, queries, PARAMETERS, EngineParameters())
    assert towers.asked == ["Cap", "Shirt", "Hat"]
    assert found.dtype == np.float32
    assert found.tolist() == [[3, 67], [5, 83], [3, 67], [3, 72]]


def test_products_of_one_caption_share_the_embedding_of_its_first_spelling():
    towers = Towers()
    captions = {"caption": ["Red  Cap", "Shirt", "red cap"], "caption_id": [0, 1, 0]}
    batches = list(embed_texts(towers, pd.DataFrame(captions), PARAMETERS, EngineParameters()))
    assert towers.asked == ["Red  Cap", "Shirt"]
    assert np.concatenate(batches).tolist() == [[8, 82], [5, 83], [8, 82]]


def test_captions_are_embedded_here_whatever_the_device_of_a_cluster():
    class Placed(Towers):
        def to(self, device):
            self.device = device
            return self

    towers, there = Placed(), TrainingParameters(recipe={"epochs": 0}, device="cuda:7")
    queries = pd.DataFrame({"text": ["Cap"]})
    embed_queries(towers, queries, there, EngineParameters(kind="ray"))
    assert towers.device == choose_device()
    embed_queries(towers, queries, there, EngineParameters())
    assert str(towers.device) == "cuda:7"


@pytest.fixture
def examples():
    names = ["masterCategory", "subCategory", "articleType", "baseColour", "season", "usage"]
    return pd.DataFrame({name: ["x", "y"] for name in names}).assign(gender=["Men", None])


def test_queries_are_those_of_zero_shot_and_of_the_benchmark(examples, tmp_path):
    file = tmp_path / "truth.json"
    file.write_text(json.dumps({"Red Cap": {"1": 1}}))
    zero_shot = {"gender": ["{value}", "for {value}"]}
    queries = collect_queries(examples, EvaluationParameters(zero_shot=zero_shot))
    assert queries["text"].tolist() == ["Men", "for Men"]
    with_benchmark = EvaluationParameters(zero_shot=zero_shot, benchmark=str(file))
    more = Queries.validate(collect_queries(examples, with_benchmark))
    assert more["text"].tolist() == ["Men", "for Men", "Red Cap", *["x", "y"] * 6]


def test_nothing_to_ask_passes_the_schema(examples):
    assert Queries.validate(collect_queries(examples, EvaluationParameters(zero_shot={}))).empty


def test_a_missing_benchmark_is_named_with_its_parameter(examples, tmp_path):
    missing = EvaluationParameters(benchmark=str(tmp_path / "no.json"))
    with pytest.raises(BenchmarkError, match=r"evaluation\.benchmark: .*no\.json"):
        collect_queries(examples, missing)
