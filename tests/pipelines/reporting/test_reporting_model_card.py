"""The card that lies beside a checkpoint, read as the hub's own library reads it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from huggingface_hub import ModelCard

from shopclip.dualencoder import DualEncoder, ImageEncoder, TextEncoder
from shopclip.pipelines.reporting.leaderboard import compile_rows
from shopclip.pipelines.reporting.model_card import CardEvidence, render_model_card
from shopclip.pipelines.reporting.nodes import write_model_card
from shopclip.tables.contamination import remember
from shopclip.tables.results import Results
from tests.pipelines.reporting.conftest import diagnostics_of, log_of, metrics_of

SECTIONS = ["How to load it", "What it was trained on", "Recipe", "Scores", "Limits", "Versions"]


@pytest.fixture
def of(evidence):
    """Makes the evidence for the card of a pair."""

    def make(pair, **changed):
        made = CardEvidence(
            pair=pair,
            leaderboard=evidence.leaderboard,
            examples=evidence.examples,
            catalogue_facts=evidence.catalogue_facts,
            parameters=evidence.parameters,
            towers=evidence.towers[pair],
            diagnostics=evidence.diagnostics[pair],
            training_log=evidence.training_logs[pair],
            trained_captions=remember(evidence.examples, trained=True),
        )
        return replace(made, **changed)

    return make


def read(card, folder):
    (folder / "README.md").write_text(card, encoding="utf-8")
    return ModelCard.load(folder / "README.md")


def section(card, title):
    """The text between a heading of the second level and the next."""
    return card.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def said(text):
    """Without its line breaks."""
    return " ".join(text.split())


def table(text):
    """The cells of every row of Markdown tables, headings left out."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [row for row in rows if row[0] not in ("direction", "split")]


def test_the_hubs_library_reads_it(of, tmp_path):
    card = read(render_model_card(of("bert_resnet")), tmp_path)
    assert card.data.library_name == "shopclip"
    assert card.data.pipeline_tag == "zero-shot-image-classification"
    assert card.data.model_name == "bert_resnet"
    assert card.data.base_model == ["microsoft/resnet-50"]
    assert re.findall(r"^## (.+)$", card.text, re.MULTILINE) == SECTIONS


def test_the_front_matter_is_yaml_that_is_left_as_it_is(of, tmp_path):
    text = render_model_card(of("bert_vit"))
    front = re.fullmatch(r"---\n(.*?)\n---\n.*", text, re.DOTALL)
    assert front is not None
    assert sorted(yaml.safe_load(front[1])) == [
        "library_name",
        "model-index",
        "pipeline_tag",
        "tags",
    ]
    assert str(read(text, tmp_path)) == text


def test_the_results_are_the_leaderboards_to_the_last_digit(of, tmp_path):
    made = of("bert_vit")
    results = read(render_model_card(made), tmp_path).data.eval_results
    found = {(r.dataset_config, r.task_type, r.metric_type): r.metric_value for r in results or []}
    own = made.leaderboard[made.leaderboard["pair"] == "bert_vit"]
    expected = {
        (row["protocol"], f"{way}-retrieval", metric): row[metric]
        for _, row in own.iterrows()
        for way in [row["direction"].replace("_", "-")]
        for metric in ("accuracy", "mrr_at_10")
    }
    assert len(found) == 2 * 2 * 2
    assert found == expected


def test_the_table_shows_the_leaderboards_numbers_with_interval_and_bounds(of):
    card = render_model_card(of("bert_resnet"))
    held_out, _, paper = section(card, "Scores").partition("\n### Paper")
    assert "Held out: 100 queries, gallery of 100" in held_out
    assert ": 1,000 queries, gallery of 1,000" in paper
    # An MRR@10 of 0.66, of which accuracy is 0.6 and top 5 1.1; text → image has 0.01 more.
    rows = {(way, score): numbers for way, score, *numbers in table(held_out)}
    assert len(rows) == 2 * 6
    assert rows["image → text", "MRR@10"] == ["66.0", "61.0–71.0", "5.00", "100.0"]
    assert rows["text → image", "MRR@10"] == ["67.0", "62.0–72.0", "5.00", "100.0"]
    assert rows["image → text", "accuracy"] == ["39.6", "34.6–44.6", "3.00", "100.0"]
    assert rows["text → image", "top 5"] == ["73.6", "68.6–78.6", "5.50", "100.0"]
    assert rows["text → image", "median place"] == ["3", "2–4", "–", "–"]
    assert table(paper) == table(held_out)
    assert "90 % bootstrap interval" in card


def test_it_says_what_it_was_trained_on_and_how(of):
    card = render_model_card(of("bert_vit"))
    assert "The catalogue `sample`. 30 steps in 3 epochs, of which it has the weights of" in card
    assert table(section(card, "What it was trained on")) == [
        ["trained on", "7", "7"],
        ["validation", "2", "2"],
        ["held out", "3", "3"],
    ]
    recipe = section(card, "Recipe")
    assert "\nepochs: 3\n" in recipe
    assert "\nbatch_size: 4\n" in recipe  # the pair's own
    assert "\nseed: 7\n" in recipe
    assert "\npatience: null\nflip: true\n" in recipe


def test_the_last_weights_are_called_the_best_only_where_examples_chose_them(of, unvalidated):
    trained = remember(unvalidated.examples, trained=True)
    card = of("bert_vit", examples=unvalidated.examples, trained_captions=trained)
    assert "30 steps in 3 epochs.\n" in render_model_card(card)


def test_enriched_captions_are_told(of, evidence):
    assert "Captions are as the catalogue has them." in render_model_card(of("bert_vit"))
    enriched = {**evidence.parameters, "captions": {"template": "{caption} in {baseColour}"}}
    card = render_model_card(of("bert_vit", parameters=enriched))
    assert "enriched as `{caption} in {baseColour}`" in card
    assert "as the catalogue has them" not in card


def test_a_collapsed_pair_says_so_on_top_and_what_to_try(of):
    top, _, rest = render_model_card(of("gpt_vit")).partition("## How to load it")
    assert "**This pair has collapsed**" in top
    assert "the image embeddings are one point (mean cosine 0.999, effective rank 1.1)" in top
    assert "a lower image_learning_rate" in section(rest, "Limits")
    assert "collapsed" not in render_model_card(of("bert_resnet"))


def test_a_collapse_of_another_seed_is_told_apart(of):
    metrics = metrics_of(0.4, collapsed=True).assign(seeds=3)
    card = render_model_card(of("bert_vit", leaderboard=compile_rows({"bert_vit": metrics})))
    assert "This pair has collapsed" not in card
    assert "Another run of this pair has collapsed" in card
    assert "mean of 3 runs" in said(card)


def test_a_synthetic_catalogue_is_said(of, evidence):
    facts = {**evidence.catalogue_facts, "synthetic": True}
    card = render_model_card(of("bert_vit", catalogue_facts=facts))
    assert "scores say nothing about real products" in section(card, "Limits")
    assert "synthetic" in section(card, "What it was trained on")
    assert "synthetic" not in render_model_card(of("bert_vit"))


def test_seen_held_out_captions_are_said_with_their_share(of):
    metrics = metrics_of(0.4)
    metrics["seen"] = np.where(metrics["protocol"] == "held_out", 0.25, 0.0)
    card = render_model_card(of("bert_vit", leaderboard=compile_rows({"bert_vit": metrics})))
    assert "- 25.0 % of the held-out products bear a caption" in card
    assert "bear a caption" not in render_model_card(of("bert_vit"))


def test_a_run_that_held_nothing_out_is_said(of):
    metrics = metrics_of(0.4, protocols=("paper",))
    card = render_model_card(of("bert_vit", leaderboard=compile_rows({"bert_vit": metrics})))
    assert "No captions were kept out" in card
    assert "### Held out" not in card


def test_examples_that_the_pair_was_not_trained_with_are_never_called_its_training(of, evidence):
    """As when another catalogue is scored without training, whatever its splits."""
    other = evidence.examples.assign(caption=lambda t: "Other " + t["caption"])
    card = said(render_model_card(of("bert_vit", examples=other)))
    assert "**Not the products below**: its training, of 30 steps, saw 9 distinct captions" in card
    assert "need not be as it was trained" in card
    assert "trained on |" not in card
    assert "kept out of training" not in card


def test_an_untrained_pair_says_so(of):
    empty = log_of(0.0, epochs=0)
    card = render_model_card(
        of(
            "bert_vit",
            training_log=empty,
            diagnostics=diagnostics_of(empty, collapsed=False),
            trained_captions=pd.DataFrame({"caption_hash": np.array([], dtype=np.uint64)}),
        )
    )
    assert "**It was not trained**" in card
    assert "no step of training was done" in card
    assert "Not the products below" not in card


@pytest.mark.parametrize("pair", ["bert_resnet", "bert_vit", "gpt_vit"])
def test_no_folder_of_the_machine_is_in_it(of, evidence, pair):
    facts = {**evidence.catalogue_facts, "name": "/home/ann smith/shops/sample"}
    card = render_model_card(of(pair, catalogue_facts=facts))
    assert "…/sample" in card
    assert not re.search(r"/home|ann smith|/ann|/models", card)
    assert ("`…/gpt2`" in card) == (pair == "gpt_vit")


@pytest.mark.parametrize("name", ["my: shop", "- a\n---\nb", "a | `b` <b>", "{{ pair }}", "😀 {x}"])
def test_a_catalogue_of_any_name_leaves_the_card_whole(of, evidence, tmp_path, name):
    facts = {**evidence.catalogue_facts, "name": name}
    card = read(render_model_card(of("bert_vit", catalogue_facts=facts)), tmp_path)
    assert re.findall(r"^## (.+)$", card.text, re.MULTILINE) == SECTIONS
    shown = " ".join(name.split()).replace("`", "'")
    assert f"The catalogue `{shown}`." in card.text
    assert {result.dataset_name for result in card.data.eval_results or []} == {shown}


def test_what_it_says_of_loading_works_beside_the_card(of, tmp_path, monkeypatch):
    sizes = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    model = DualEncoder.build(
        TextEncoder(config={"model_type": "bert", "hidden_size": 8, **sizes}, vocab_size=300),
        ImageEncoder(config={"model_type": "vit", "hidden_size": 8, "patch_size": 8, **sizes}),
        captions=["women red kurta", "men blue shirt"],
        size=(32, 24),
        embed_dim=16,
    )
    model.save(tmp_path / "bert_vit")
    card = render_model_card(of("bert_vit"))
    (tmp_path / "bert_vit" / "README.md").write_text(card, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", card, re.DOTALL)
    assert code is not None
    names = {"pictures": np.zeros((2, 40, 30, 3), dtype=np.uint8)}
    exec(code[1], names)
    assert names["captions"].shape == (1, 16)
    np.testing.assert_array_equal(names["images"], model.embed_images(names["pictures"]))
    model.save("bert_vit")  # as training again does
    assert not (tmp_path / "bert_vit" / "README.md").exists()


def test_the_node_takes_the_pair_from_its_results(of, evidence):
    made = of("gpt_vit")
    kinds = ("towers", "diagnostics", "training_log", "trained_captions")
    card = write_model_card(
        leaderboard=made.leaderboard,
        examples=made.examples,
        catalogue_facts=made.catalogue_facts,
        parameters=made.parameters,
        results=Results("gpt_vit", {kind: getattr(made, kind) for kind in kinds}),
    )
    assert card == render_model_card(made)
