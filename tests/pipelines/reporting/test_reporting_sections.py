from dataclasses import replace

import pandas as pd

from shopclip.pipelines.reporting.experiment import Experiment
from shopclip.pipelines.reporting.sections import (
    SHOWN_REJECTS,
    catalogue_facts,
    diagnostics_table,
    rejects,
    training_facts,
)


def trained(evidence):
    experiment = Experiment.read(evidence.parameters)
    logs = evidence.training_logs, evidence.epoch_logs
    return training_facts(*logs, evidence.examples, evidence.towers, experiment)


def test_facts_count_products_and_captions(evidence):
    examples = evidence.examples.assign(caption_id=[0, 0, 1, 2, 2, *[3] * 7])
    experiment = Experiment.read(evidence.parameters)
    facts = {
        fact.term: (fact.value, fact.note)
        for fact in catalogue_facts(evidence.catalogue_facts, examples, evidence.towers, experiment)
    }
    assert facts["Held out"] == ("3", "products, 2 distinct captions")
    assert facts["Trained on"] == ("7", "products, 1 distinct captions")
    assert facts["Validation"] == ("2", "products, 1 distinct captions")
    assert facts["Stored pictures"][0] == "40 × 30"
    assert facts["What towers see"] == ("32 × 24", "pixels; the paper: 224 × 224")


def test_without_validation_products_there_is_no_such_fact(unvalidated):
    experiment = Experiment.read(unvalidated.parameters)
    facts = catalogue_facts(
        unvalidated.catalogue_facts, unvalidated.examples, unvalidated.towers, experiment
    )
    assert "Validation" not in [fact.term for fact in facts]


def test_epochs_are_those_done_of_those_of_the_recipe(evidence, untrained, unvalidated):
    logs = {**evidence.epoch_logs, "gpt_vit": evidence.epoch_logs["gpt_vit"].head(2)}
    rows = trained(replace(evidence, epoch_logs=logs))
    assert [row.epochs for row in rows] == ["3 of 3", "3 of 3", "2 of 3"]
    assert [row.best_epoch for row in rows] == [2, 3, 1]  # of equals the first
    assert [row.epochs for row in trained(untrained)] == ["3 of 3", "0 of 3", "3 of 3"]
    assert [row.best_epoch for row in trained(untrained)] == [2, None, 3]
    assert [row.best_epoch for row in trained(unvalidated)] == [None] * 3


def test_speed_is_that_of_the_last_epoch(evidence):
    rows = trained(evidence)
    assert [row.pair for row in rows] == ["bert_resnet", "bert_vit", "gpt_vit"]
    assert [row.batch for row in rows] == [7, 4, 7]
    assert rows[0].steps == 30
    assert rows[0].images_per_second == "124"  # 100 + step, steps 20 to 29


def test_a_batch_is_no_larger_than_what_there_is(evidence):
    assert trained(replace(evidence, examples=evidence.examples.head(7)))[0].batch == 2


def test_an_untrained_pair_has_dashes(untrained):
    assert trained(untrained)[1].images_per_second == "–"
    table = diagnostics_table(untrained.diagnostics, untrained.training_logs)
    assert table["final loss"][1] == "–"
    assert table["temperature at the end"] == ["0.0625", "–", "0.0625"]
    assert table["effective rank, images"] == ["30.2", "30.2", "1.1"]
    assert table["hubness, text → image"] == ["-0.2", "-0.2", "9.0"]


def test_rejects_are_counted_and_the_first_are_shown(evidence):
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
        "id": "0",
        "line": "2",
        "reason": "no image",
        "detail": "…/x.jpg is missing",
    }
    assert rejects(products.head(0), images).first[0]["line"] == "–"


def test_nothing_rejected_is_nothing(evidence):
    found = rejects(evidence.rejected_products, evidence.rejected_images)
    assert found.total == 0
    assert found.first == []


def test_geometry_stands_among_the_diagnostics_and_old_ones_have_dashes(evidence):
    old = {
        key: value
        for key, value in evidence.diagnostics["bert_vit"].items()
        if key not in ("alignment", "image_uniformity", "text_uniformity", "modality_gap")
    }
    diagnostics = {**evidence.diagnostics, "bert_vit": old}
    table = diagnostics_table(diagnostics, evidence.training_logs)
    assert table["alignment"] == ["0.50", "–", "0.25"]
    assert table["uniformity, images"] == ["-3.50", "–", "-0.12"]
    assert table["uniformity, texts"] == ["-3.25", "–", "-0.25"]
    assert table["modality gap"] == ["0.38", "–", "1.50"]
