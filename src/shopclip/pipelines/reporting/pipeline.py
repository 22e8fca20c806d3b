"""Once for all pairs:

metrics_⟨pair⟩ … ─ compile_leaderboard ─→ leaderboard ─ draw_leaderboard ─→ leaderboard_figure
training_log_⟨pair⟩ … ─ draw_curves ─→ curves_figure
epoch_log_⟨pair⟩ …, examples ─ draw_signs ─→ signs_figure
retrievals_⟨pair⟩ …, examples, image_store ─ draw_gallery ─→ gallery_figure
leaderboard, what stands above, diagnostics_⟨pair⟩ …, rejects, parameters ─ write_report ─→ report
"""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.reporting.nodes import (
    compile_leaderboard,
    draw_curves,
    draw_gallery,
    draw_leaderboard,
    draw_signs,
    write_report,
)

SHARED = (
    "leaderboard",
    "examples",
    "image_store",
    "rejected_products",
    "rejected_images",
    "catalogue_facts",
    "parameters",
)


def create_pipeline(pairs: Sequence[str]) -> Pipeline:
    metrics = {pair: f"metrics_{pair}" for pair in pairs}
    logs = {pair: f"training_log_{pair}" for pair in pairs}
    epoch_logs = {pair: f"epoch_log_{pair}" for pair in pairs}
    retrievals = {pair: f"retrievals_{pair}" for pair in pairs}
    diagnostics = [f"diagnostics_{pair}" for pair in pairs]
    of_pairs = [*logs.values(), *epoch_logs.values(), *diagnostics, *retrievals.values()]
    return Pipeline(
        [
            node(
                compile_leaderboard,
                inputs=metrics,
                outputs="leaderboard",
                name="compile_leaderboard",
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
                inputs={"examples": "examples", **epoch_logs},
                outputs="signs_figure",
                name="draw_signs",
            ),
            node(
                draw_gallery,
                inputs={"examples": "examples", "image_store": "image_store", **retrievals},
                outputs="gallery_figure",
                name="draw_gallery",
            ),
            node(
                write_report,
                inputs={name: name for name in (*SHARED, *of_pairs)},
                outputs="report",
                name="write_report",
            ),
        ]
    )
