import pandas as pd
import pytest

from shopclip.pipelines.reporting.signs import (
    SIGNS,
    judged_by,
    kept_epochs,
    sign_panels,
    trained_here,
    validated,
)


def panels_of(evidence):
    panels = sign_panels(evidence.epoch_logs, evidence.examples)
    return {panel.title: panel for panel in panels}


def test_every_column_of_interest_has_a_panel_with_a_line_a_pair(evidence):
    panels = panels_of(evidence)
    assert len(panels) == len(SIGNS) == 8
    for panel, sign in zip(panels.values(), SIGNS, strict=True):
        assert list(panel.lines) == ["bert_resnet", "bert_vit", "gpt_vit"]
        for pair, line in panel.lines.items():
            log = evidence.epoch_logs[pair]
            assert line.index.tolist() == [1, 2, 3]  # epochs done
            if sign.column in log:
                assert line.tolist() == log[sign.column].tolist()


def test_the_loss_is_a_share_of_its_own_chance(evidence):
    log = evidence.epoch_logs["bert_vit"].assign(loss=[5.0, 4.0, 1.0], chance_loss=[5.0, 5.0, 4.0])
    (panel,) = [
        panel for panel in sign_panels({"a": log}, evidence.examples) if "loss" in panel.title
    ]
    assert panel.lines["a"].tolist() == [1.0, 0.8, 0.25]


def test_axes_hold_their_lines_and_images_share_theirs_with_texts(evidence):
    panels = panels_of(evidence)
    for panel in panels.values():
        for line in panel.lines.values():
            assert panel.low <= line.min()
            assert line.max() < panel.high
    for sign in ("mean cosine", "effective rank"):
        images, texts = panels[f"{sign}, images"], panels[f"{sign}, texts"]
        assert (images.low, images.high) == (texts.low, texts.high)
    assert panels["hubness, text → image"].low == -0.2


def test_an_axis_reaches_zero_from_either_side(evidence):
    log = evidence.epoch_logs["bert_vit"].assign(hubness=[-1.8, -1.7, -1.6])
    for panel in sign_panels({"a": log}, evidence.examples):
        assert panel.low <= 0 < panel.high


def test_what_counts_as_collapsed_is_that_of_the_diagnosis(evidence):
    panels = panels_of(evidence)
    for title in ("mean cosine, images", "loss as a share of chance"):
        assert panels[title].collapsed == (0.98, panels[title].high)
    assert panels["effective rank, texts"].collapsed == (0, 2)
    assert panels["temperature"].collapsed is None


def test_a_constant_zero_has_an_axis(evidence):
    log = evidence.epoch_logs["bert_vit"].assign(hubness=0.0)
    hubness = sign_panels({"a": log}, evidence.examples)[5]
    assert (hubness.low, hubness.high) == (0, 1)


def test_panels_leave_out_the_untrained(untrained):
    assert list(panels_of(untrained)["temperature"].lines) == ["bert_resnet", "gpt_vit"]
    assert sign_panels({"a": untrained.epoch_logs["bert_vit"]}, untrained.examples) == []


@pytest.mark.parametrize(("count", "yes"), [(0, False), (1, False), (2, True)])
def test_epochs_are_judged_by_two_validation_examples_or_by_none(count, yes):
    examples = pd.DataFrame({"split": ["train"] * 3 + ["validation"] * count})
    assert validated(examples) is yes
    assert judged_by(examples) == f"{'validation' if yes else 'training'} examples"


def test_towers_that_were_trained_elsewhere_were_judged_there(evidence):
    elsewhere = evidence.examples.assign(split="held_out")
    assert judged_by(elsewhere) == "examples of that training"
    assert trained_here(evidence.examples)
    assert not trained_here(elsewhere)


def test_a_pair_keeps_its_best_validated_epoch_or_the_last_one(evidence, unvalidated):
    logs = evidence.epoch_logs
    assert kept_epochs(logs, evidence.examples) == {"bert_resnet": 2, "bert_vit": 3, "gpt_vit": 3}
    assert set(kept_epochs(logs, unvalidated.examples).values()) == {3}
    tied = logs["bert_vit"].assign(mrr=[0.1, 0.4, 0.4])
    assert kept_epochs({"a": tied, "b": tied.head(0)}, evidence.examples) == {"a": 2}
