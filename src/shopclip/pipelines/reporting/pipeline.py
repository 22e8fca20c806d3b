"""Once for all pairs:

metrics_⟨pair⟩ … ─ collect_scores ─→ scores
ranks_⟨run⟩ … ─ compare_pairs ─→ comparisons
metrics_⟨pair⟩ … ─ compile_leaderboard ─→ leaderboard ─ draw_leaderboard ─→ leaderboard_figure
training_log_⟨pair⟩ … ─ draw_curves ─→ curves_figure
epoch_log_⟨pair⟩ …, examples ─ draw_signs ─→ signs_figure
map_⟨pair⟩ … ─ draw_map ─→ map_figure
retrievals_⟨pair⟩ …, examples, image_store ─ draw_gallery ─→ gallery_figure
all that stands above, diagnostics_⟨pair⟩ …, rejects, parameters ─ write_report ─→ report

Once for every pair:

leaderboard, examples, catalogue_facts, parameters, diagnostics_⟨pair⟩, training_log_⟨pair⟩,
trained_captions_⟨pair⟩ ─ write_model_card_⟨pair⟩ ─→ model_card_⟨pair⟩
"""

from collections.abc import Mapping

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

SHARED = (
    "leaderboard",
    "scores",
    "comparisons",
    "examples",
    "image_store",
    "rejected_products",
    "rejected_images",
    "catalogue_facts",
    "parameters",
)
ASKED = ("zero_shot", "confusions", "benchmark")
ANSWERS = ("breakdown", "hubs")
ON_CARD = ("leaderboard", "examples", "catalogue_facts", "parameters")
OF_CARD = ("diagnostics", "training_log", "trained_captions")


def create_pipeline(pairs: Mapping[str, tuple[str, ...]]) -> Pipeline:
    """For these pairs, each with the names of its runs; what is drawn is its first run."""
    ranks = {
        f"{pair}.{number}": f"ranks_{run}"
        for pair, runs in pairs.items()
        for number, run in enumerate(runs)
    }
    metrics = {pair: f"metrics_{pair}" for pair in pairs}
    logs = {pair: f"training_log_{pair}" for pair in pairs}
    epoch_logs = [f"epoch_log_{pair}" for pair in pairs]
    retrievals = [f"retrievals_{pair}" for pair in pairs]
    maps = {pair: f"map_{pair}" for pair in pairs}
    diagnostics = [f"diagnostics_{pair}" for pair in pairs]
    answers = [f"{table}_{pair}" for table in ANSWERS for pair in pairs]
    asked = [f"{table}_{pair}" for table in ASKED for pair in pairs]
    of_pairs = [*logs.values(), *epoch_logs, *diagnostics, *retrievals, *asked]
    of_pairs += [*maps.values(), *answers]
    return Pipeline(
        [
            node(
                compile_leaderboard,
                inputs=metrics,
                outputs="leaderboard",
                name="compile_leaderboard",
            ),
            node(collect_scores, inputs=metrics, outputs="scores", name="collect_scores"),
            node(
                compare_pairs,
                inputs={"parameters": "params:evaluation", **ranks},
                outputs="comparisons",
                name="compare_pairs",
            ),
            node(
                draw_leaderboard,
                inputs="leaderboard",
                outputs="leaderboard_figure",
                name="draw_leaderboard",
            ),
            node(draw_curves, inputs=logs, outputs="curves_figure", name="draw_curves"),
            node(
                draw_signs,
                inputs={name: name for name in ("examples", *epoch_logs)},
                outputs="signs_figure",
                name="draw_signs",
            ),
            node(draw_map, inputs=maps, outputs="map_figure", name="draw_map"),
            node(
                draw_gallery,
                inputs={name: name for name in ("examples", "image_store", *retrievals)},
                outputs="gallery_figure",
                name="draw_gallery",
            ),
            node(
                write_report,
                inputs={name: name for name in (*SHARED, *of_pairs)},
                outputs="report",
                name="write_report",
            ),
            *(_card_writer(pair) for pair in pairs),
        ]
    )


def _card_writer(pair: str) -> Node:
    """Outside the pair's namespace, for it needs the leaderboard, which is of all pairs."""
    names = [*ON_CARD, *(f"{kind}_{pair}" for kind in OF_CARD)]
    return node(
        write_model_card,
        inputs={name: name for name in names},
        outputs=f"model_card_{pair}",
        name=f"write_model_card_{pair}",
    )
