import subprocess
import sys

import pandas as pd
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from shopclip.files.image_store import ImageStore
from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.reporting import create_pipeline
from shopclip.tables.contamination import remember
from shopclip.tables.results import Results

OUTPUTS = {
    "leaderboard",
    "scores",
    "comparisons",
    "curves_figure",
    "signs_figure",
    "leaderboard_figure",
    "gallery_figure",
    "map_figure",
    "report",
}
KINDS = {
    "towers": "towers",
    "training_log": "training_logs",
    "epoch_log": "epoch_logs",
    "diagnostics": "diagnostics",
    "retrievals": "retrievals",
    "zero_shot": "zero_shots",
    "confusions": "confusions",
    "benchmark": "benchmarks",
    "map": "maps",
    "breakdown": "breakdowns",
    "hubs": "hubs",
}
RANKS = pd.DataFrame(
    {"id": ["a", "b"], "caption_id": [0, 1], "better": [0, 1], "tied": 1, "gallery": 2}
).assign(protocol="held_out", direction="image_to_text", seed=0)


def test_runs_in_kedro_from_inputs_to_report(evidence, metrics):
    pipeline = create_pipeline(metrics)
    inputs = {
        "examples": evidence.examples,
        "image_store": ImageStore(
            evidence.images, evidence.examples["id"], evidence.rejected_images, "f"
        ),
        "rejected_products": evidence.rejected_products,
        "rejected_images": evidence.rejected_images,
        "catalogue_facts": evidence.catalogue_facts,
        "parameters": evidence.parameters,
    }
    captions_seen = remember(evidence.examples, trained=True)
    for pair, table in metrics.items():
        tables = {kind: getattr(evidence, of_pairs)[pair] for kind, of_pairs in KINDS.items()}
        more = {"metrics": table, "ranks": RANKS, "trained_captions": captions_seen}
        inputs[f"results_{pair}"] = Results(pair, {**tables, **more})
    inputs |= {"params:evaluation": EvaluationParameters(resamples=100)}
    assert pipeline.inputs() == set(inputs)
    catalog = DataCatalog({name: MemoryDataset(data) for name, data in inputs.items()})
    found = SequentialRunner().run(pipeline, catalog)
    cards = {f"model_card_{pair}": pair for pair in metrics}
    assert set(found) == OUTPUTS - {"leaderboard", "scores", "comparisons"} | set(cards)
    assert found["report"].load().startswith("<!DOCTYPE html>")
    for card, pair in cards.items():
        assert f"\n# {pair}\n" in found[card].load()


def test_every_pair_has_its_card_and_all_other_nodes_are_for_all_pairs():
    names = [
        "collect_scores",
        "compare_pairs",
        "compile_leaderboard",
        "draw_curves",
        "draw_gallery",
        "draw_leaderboard",
        "draw_map",
        "draw_signs",
        "write_report",
    ]
    for pairs in ("a", "abcd"):
        pipeline = create_pipeline(pairs)
        cards = [f"write_model_card_{pair}" for pair in pairs]
        assert sorted(node.name for node in pipeline.nodes) == sorted([*names, *cards])
        assert pipeline.all_outputs() == OUTPUTS | {f"model_card_{pair}" for pair in pairs}


def test_kedro_can_read_the_hints_of_every_node():
    from typing import get_type_hints

    for node in create_pipeline(["a"]).nodes:
        assert get_type_hints(node.func)["return"]


def test_declaring_the_pipeline_loads_nothing_heavy():
    code = (
        "import sys; from shopclip.pipelines.reporting import create_pipeline;"
        "create_pipeline(['a']);"
        "print([m for m in ('matplotlib', 'jinja2', 'PIL', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
