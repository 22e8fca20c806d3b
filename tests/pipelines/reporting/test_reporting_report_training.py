"""What the report says of training."""

from __future__ import annotations

import re

from shopclip.metrics.collapse import explain
from tests.pipelines.reporting.rendered import Page, render


def test_an_untrained_pair_is_named(evidence, untrained):
    assert "Not trained (zero epochs): bert_vit." in render(untrained)
    assert "Not trained" not in render(evidence)


def test_without_any_training_there_are_no_curves(evidence, untrained):
    empty = dict.fromkeys(evidence.training_logs, untrained.training_logs["bert_vit"])
    no_epochs = dict.fromkeys(evidence.epoch_logs, untrained.epoch_logs["bert_vit"])
    html = render(evidence, training_logs=empty, epoch_logs=no_epochs)
    assert "Not trained (zero epochs): bert_resnet, bert_vit, gpt_vit." in html
    charts = [found["id"] for found in Page(html).tags("figure") if "id" in found]
    assert "chart-leaderboard" in charts
    assert not {"chart-curves", "chart-signs"} & set(charts)


def test_the_collapsed_are_marked(evidence):
    html = render(evidence)
    marked = re.findall(r'data-pair="(\w+)"[^>]*>\s*<th[^>]*>(?:(?!</th>).)*<mark>', html, re.S)
    assert marked == ["gpt_vit"] * 4
    healthy = render(evidence, leaderboard=evidence.leaderboard.assign(collapsed=False))
    assert healthy.count("<mark>") == 1  # among the diagnostics


def test_a_mark_leads_to_what_was_seen_and_what_to_try(evidence):
    html = render(evidence)
    page = Page(html)
    links = [found["href"] for found in page.tags("a")]
    assert links == ["#collapsed-gpt_vit"] * 5
    assert [found["id"] for found in page.tags("div") if "id" in found] == ["collapsed-gpt_vit"]
    (card,) = re.findall(r'<div class="card explained".*?</div>\s*</div>\s*</div>', html, re.S)
    items = re.findall(r"<li>(.*?)</li>", card)
    explanation = explain(evidence.diagnostics["gpt_vit"])
    assert items == [*explanation.seen, *explanation.advice]
    assert "the loss ended at 2.08 nats, where towers that see nothing have 2.08" in items
    assert "the image embeddings are one point (mean cosine 0.999, effective rank 1.1)" in items


def test_healthy_pairs_have_nothing_explained(evidence):
    good = dict.fromkeys(evidence.diagnostics, evidence.diagnostics["bert_vit"])
    leaderboard = evidence.leaderboard.assign(collapsed=False)
    html = render(evidence, diagnostics=good, leaderboard=leaderboard)
    assert "has collapsed" not in html
    assert "<mark>" not in html


def test_every_sign_is_told_for_every_pair_that_was_trained(evidence, untrained):
    def told(html):
        """What either layout says of its lines."""
        labels = [found.get("aria-label", "") for found in Page(html).tags("g")]
        return [label for label in labels if "after epoch" in label]

    said = told(render(evidence))
    assert said.count("MRR, validation examples: bert_resnet 0.6 after epoch 2") == 2
    for pair in ("bert_resnet", "bert_vit", "gpt_vit"):
        assert sum(f": {pair} " in label for label in said) == 2 * 8
    assert not [label for label in told(render(untrained)) if "bert_vit" in label]


def test_the_page_says_which_examples_judged_the_epochs(evidence, unvalidated):
    html = render(evidence)
    assert "ends with the weights of its best epoch" in html
    assert html.count("measured on validation examples") == 1
    assert re.findall(r"best: (\d)", html) == ["2", "3", "3"]
    html = render(unvalidated)
    assert "best epoch" not in html
    assert "measured on training examples" in html
    assert "MRR, training examples" in html
    assert "best: " not in html


def test_the_loss_of_chance_is_called_a_logarithm_only_where_it_is_one(evidence):
    sigmoid = {pair: log.assign(chance_loss=5.15) for pair, log in evidence.training_logs.items()}
    assert "chance, ln 8" in render(evidence)
    html = render(evidence, training_logs=sigmoid)
    assert "chance, 5.15" in html
    assert "chance, ln" not in html
