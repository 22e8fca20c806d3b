"""Once for all pairs, when asked for: `kedro run --pipelines ingestion,preprocessing,tuning`.

examples, image_store, pairs ─ tune ─→ trials, trial_epochs
trials ─ draw_history ─→ tuning_history_figure
trials ─ draw_importance ─→ tuning_importance_figure
trials ─ choose_best ─→ tuned
tuned, examples, image_store ─ compare_with_default ─→ tuned_comparison
tuned, tuned_comparison ─ write_environment ─→ tuned_training, tuned_pairs, tuned_data

The last three are the files of the environment `tuned`. Optuna's studies, and what interrupted
trials resume from, lie in the folder `tuning.studies`. Several runs may be at it at once: they
share the study, and each writes whole files.
"""

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.tuning.environment import write_environment
from shopclip.pipelines.tuning.nodes import (
    choose_best,
    compare_with_default,
    draw_history,
    draw_importance,
    tune,
)

DATA = ["examples", "image_store"]
TRAINING = ["params:training", "params:images", "params:captions"]
STUDY = ["trials", "params:tuning"]
BLOCKS = ("training", "catalogue", "images", "splits", "captions", "evaluation", "pairs")


def create_pipeline() -> Pipeline:
    return Pipeline(
        [
            node(
                tune,
                [*DATA, "params:tuning", *TRAINING, "params:pairs"],
                ["trial_epochs", "trials"],
                name="tune",
            ),
            node(draw_history, "trials", "tuning_history_figure", name="draw_history"),
            node(draw_importance, STUDY, "tuning_importance_figure", name="draw_importance"),
            node(choose_best, STUDY, "tuned", name="choose_best"),
            node(
                compare_with_default,
                ["tuned", *DATA, "params:tuning", *TRAINING, "params:evaluation", "params:pairs"],
                "tuned_comparison",
                name="compare_with_default",
            ),
            node(
                write_environment,
                ["tuned", "tuned_comparison", "catalogue_facts"]
                + [f"params:{name}" for name in BLOCKS],
                ["tuned_training", "tuned_pairs", "tuned_data"],
                name="write_environment",
            ),
        ]
    )
