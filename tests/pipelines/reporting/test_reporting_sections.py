from typing import Any

import pandas as pd

from shopclip.pipelines.reporting.experiment import Experiment
from shopclip.pipelines.reporting.sections import (
    SHOWN_REJECTS,
    catalogue_facts,
    diagnostics_table,
    rejects,
    training_facts,
)


def test_facts_count_products_and_captions(evidence) -> None:
    examples = evidence.examples.assign(caption_id=[0, 0, 1, *[2] * 9])
    experiment = Experiment.read(evidence.parameters)
    facts = {
        fact.term: (fact.value, fact.note)
        for fact in catalogue_facts(evidence.catalogue_facts, examples, experiment)
    }
    assert facts["Held out"] == ("3", "products, 2 distinct captions")
    assert facts["Trained on"] == ("9", "products, 1 distinct captions")
    assert facts["Stored pictures"][0] == "40 × 30"
    assert facts["What towers see"] == ("32 × 24", "pixels; the paper: 224 × 224")


def test_speed_is_that_of_the_last_epoch(evidence, parameters: dict[str, Any]) -> None:
    rows = training_facts(evidence.training_logs, evidence.examples, Experiment.read(parameters))
    assert [row.pair for row in rows] == ["bert_resnet", "bert_vit", "gpt_vit"]
    assert [row.batch for row in rows] == [8, 4, 8]
    assert rows[0].steps == 30
    assert rows[0].images_per_second == "124"  # 100 + step, steps 20 to 29


def test_a_batch_is_no_larger_than_what_there_is(evidence, parameters: dict[str, Any]) -> None:
    few = evidence.examples.head(5)
    rows = training_facts(evidence.training_logs, few, Experiment.read(parameters))
    assert rows[0].batch == 2


def test_an_untrained_pair_has_dashes(untrained, parameters: dict[str, Any]) -> None:
    logs = untrained.training_logs
    rows = training_facts(logs, untrained.examples, Experiment.read(parameters))
    assert rows[1].images_per_second == "–"
    table = diagnostics_table(untrained.diagnostics, logs)
    assert table["final loss"][1] == "–"
    assert table["temperature at the end"] == ["0.0625", "–", "0.0625"]
    assert table["effective rank, images"] == ["30.2", "30.2", "1.1"]


def test_rejects_are_counted_and_the_first_are_shown(evidence) -> None:
    products = pd.DataFrame(
        {"id": [str(n) for n in range(30)], "line": range(2, 32)}
        | {"reason": ["no image"] * 29 + ["empty id"], "detail": "/home/ann/x.jpg is missing"}
    )
    images = pd.DataFrame({"id": ["77"], "reason": ["unreadable image"], "detail": ["broken"]})
    found = rejects(products, images)
    assert found.counts == {"no image": 29, "empty id": 1, "unreadable image": 1}
    assert found.total == 31
    assert len(found.first) == SHOWN_REJECTS
    assert found.first[0] == {
        "id": "0", "line": "2", "reason": "no image", "detail": "…/x.jpg is missing",
    }  # fmt: skip
    assert rejects(products.head(0), images).first[0]["line"] == "–"


def test_nothing_rejected_is_nothing(evidence) -> None:
    found = rejects(evidence.rejected_products, evidence.rejected_images)
    assert found.total == 0
    assert found.first == []
