import subprocess
import sys

from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from shopclip.dualencoder.image_store import ImageStore
from shopclip.pipelines.reporting import create_pipeline

OUTPUTS = {
    "leaderboard", "curves_figure", "signs_figure", "leaderboard_figure", "gallery_figure",
    "report",
}  # fmt: skip
KINDS = {
    "training_log": "training_logs", "epoch_log": "epoch_logs", "diagnostics": "diagnostics",
    "retrievals": "retrievals",
}  # fmt: skip


def test_runs_in_kedro_from_inputs_to_report(evidence, metrics) -> None:
    pipeline = create_pipeline(list(metrics))
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
    for kind, of_pairs in KINDS.items():
        inputs |= {f"{kind}_{pair}": data for pair, data in getattr(evidence, of_pairs).items()}
    inputs |= {f"metrics_{pair}": table for pair, table in metrics.items()}
    assert pipeline.inputs() == set(inputs)
    catalog = DataCatalog({name: MemoryDataset(data) for name, data in inputs.items()})
    found = SequentialRunner().run(pipeline, catalog)
    assert set(found) == OUTPUTS - {"leaderboard"}
    assert found["report"].load().startswith("<!DOCTYPE html>")


def test_nodes_are_few_and_the_same_for_any_number_of_pairs() -> None:
    names = [
        "compile_leaderboard", "draw_curves", "draw_gallery", "draw_leaderboard", "draw_signs",
        "write_report",
    ]  # fmt: skip
    for pairs in (["a"], ["a", "b", "c", "d"]):
        pipeline = create_pipeline(pairs)
        assert sorted(node.name for node in pipeline.nodes) == names
        assert pipeline.all_outputs() == OUTPUTS


def test_kedro_can_read_the_hints_of_every_node() -> None:
    from typing import get_type_hints

    for node in create_pipeline(["a"]).nodes:
        assert get_type_hints(node.func)["return"]


def test_declaring_the_pipeline_loads_nothing_heavy() -> None:
    code = (
        "import sys; from shopclip.pipelines.reporting import create_pipeline;"
        "create_pipeline(['a']);"
        "print([m for m in ('matplotlib', 'jinja2', 'PIL', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
