"""Once for all pairs:

results_⟨pair⟩ … ─ compile_leaderboard ─→ leaderboard ─ draw_leaderboard ─→ leaderboard_figure
results_⟨pair⟩ … ─ collect_scores ─→ scores
results_⟨pair⟩ … ─ compare_pairs ─→ comparisons
results_⟨pair⟩ … ─ draw_curves ─→ curves_figure
results_⟨pair⟩ …, examples ─ draw_signs ─→ signs_figure
results_⟨pair⟩ … ─ draw_map ─→ map_figure
results_⟨pair⟩ …, examples, image_store ─ draw_gallery ─→ gallery_figure
all that stands above, rejects, parameters ─ write_report ─→ report

Once for every pair:

leaderboard, examples, catalogue_facts, parameters, results_⟨pair⟩ ─ write_model_card_⟨pair⟩ ─→
model_card_⟨pair⟩
"""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline, node

from shopclip.pipelines.reporting.nodes import (
    collect_scores,
    compare_pairs,
    compile_leaderboard,
    draw_curves,
    draw_gallery,
    draw_leaderboard,
    draw_map,
    draw_signs,
    write_model_card,
    write_report,
)

REPORT = [
    "leaderboard",
    "scores",
    "comparisons",
    "examples",
    "image_store",
    "rejected_products",
    "rejected_images",
    "catalogue_facts",
    "parameters",
]


def create_pipeline(pairs: Iterable[str]) -> Pipeline:
    results = {pair: f"results_{pair}" for pair in pairs}
    every = list(results.values())
    return Pipeline(
        [
            node(compile_leaderboard, every, "leaderboard", name="compile_leaderboard"),
            node(collect_scores, every, "scores", name="collect_scores"),
            node(compare_pairs, ["params:evaluation", *every], "comparisons", name="compare_pairs"),
            node(draw_leaderboard, "leaderboard", "leaderboard_figure", name="draw_leaderboard"),
            node(draw_curves, every, "curves_figure", name="draw_curves"),
            node(draw_signs, ["examples", *every], "signs_figure", name="draw_signs"),
            node(draw_map, every, "map_figure", name="draw_map"),
            node(
                draw_gallery,
                ["examples", "image_store", *every],
                "gallery_figure",
                name="draw_gallery",
            ),
            node(write_report, [*REPORT, *every], "report", name="write_report"),
            *(_card_writer(pair, name) for pair, name in results.items()),
        ]
    )


def _card_writer(pair: str, results: str) -> Node:
    """Outside the pair's namespace, for it needs the leaderboard, which is of all pairs."""
    return node(
        write_model_card,
        ["leaderboard", "examples", "catalogue_facts", "parameters", results],
        f"model_card_{pair}",
        name=f"write_model_card_{pair}",
    )
