"""Train one pair on the record's fixed track, and keep what came of it as one row.

    python benchmarks/record.py NAME --catalogue ../fashion-product-images-small \
        --truth ground_truth_text-image.json --output ../record

A row is trained twice: on all captions but those of the benchmark, and on one half of them;
record_track.py says why. It is tested against the row named by --against, and left in
benchmarks/results/record/NAME.json, of which record_table.py makes the table. A run that was cut
resumes when it is typed again. Pair and recipe are those of an environment of `conf`; --set changes
them: recipe.epochs=12 image.config.hidden_sizes=[48,96,192,384].
"""

from __future__ import annotations

import argparse
import json
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import OmegaConf
from torch.utils.flop_counter import FlopCounterMode

from full_scale_scores import shares
from record_track import RESAMPLES, Track, summarize
from shopclip.dualencoder import CheckpointManager, DualEncoder, Examples, TrainingLog, fit
from shopclip.dualencoder.learner import Learner
from shopclip.metrics.statistics import paired_difference
from shopclip.parameters import ImageParameters, Pair, TrainingParameters
from shopclip.parameters.loader import ConfigLoader
from shopclip.parameters.pairs import build_towers
from shopclip.settings import CONFIG_LOADER_ARGS

ROOT = Path(__file__).parents[1]
ROWS = ROOT / "benchmarks/results/record"
PRIMARY = "mrr_at_10"  # by which rows are tested
DECIDES = {"full": "all", "half": "unseen"}  # the gallery of a track in which it counts
SQUARE = 2048  # rows of the matrices whose product measures the machine's own peak


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="of the row")
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True, help="{caption: {id: 1}}")
    parser.add_argument("--output", type=Path, required=True, help="of image store and states")
    parser.add_argument("--env", default="fashion_small")
    parser.add_argument("--pair", default="bert_resnet")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", dest="changes")
    parser.add_argument("--tracks", nargs="+", choices=list(DECIDES), default=list(DECIDES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--against", help="the row that it is tested against")
    parser.add_argument("--change", default="", help="what it changes, in one line")
    parser.add_argument("--rows", type=Path, default=ROWS)
    return parser.parse_args(arguments)


def main() -> None:
    options = parse()
    torch.set_num_threads(options.threads)
    track = Track.read(options.catalogue, options.truth, options.output / "image_store")
    settings = Settings.read(options.env, options.pair, options.changes)
    before = read_row(options.rows, options.against)["tracks"] if options.against else {}
    row: dict[str, Any] = {**facts(options), "tracks": tracks_so_far(options)}
    for name in options.tracks:
        result = row["tracks"][name] = run(name, track, settings, options)
        if name in before:
            result["against"] = compare(result["queries"], before[name]["queries"])
        options.rows.mkdir(parents=True, exist_ok=True)
        file = options.rows / f"{options.name}.json"
        file.write_text(json.dumps(row) + "\n", "utf-8")  # after every run, for the next may be cut
        print(told(options.name, name, result), flush=True)


@dataclass(frozen=True)
class Settings:
    """A pair with what trains it, as an environment and the command line have it."""

    pair: Pair
    training: TrainingParameters
    images: ImageParameters

    @classmethod
    def read(cls, env: str, pair: str, changes: Sequence[str]) -> Settings:
        """Pair and recipe of an environment.

        Args:
            changes: `key=value` below the pair.
        """
        loader = ConfigLoader(str(ROOT / "conf"), env=env, **CONFIG_LOADER_ARGS)
        parameters = loader["parameters"]
        changed = OmegaConf.merge(parameters["pairs"][pair], OmegaConf.from_dotlist([*changes]))
        return cls(
            Pair.model_validate(OmegaConf.to_container(changed)),
            TrainingParameters.model_validate(parameters["training"]),
            ImageParameters.model_validate(parameters["images"]),
        )

    def build(self, examples: Examples, seed: int) -> DualEncoder:
        parameters = self.training.model_copy(update={"seed": seed})
        return build_towers(self.pair, examples, parameters, self.images)


def run(name: str, track: Track, settings: Settings, options: argparse.Namespace) -> dict[str, Any]:
    """Train on one track, and ask the benchmark in its galleries."""
    examples = track.examples(name)
    recipe = settings.training.recipe_for(settings.pair)
    flops = count_flops(settings, examples)
    peak = matrix_peak()
    model = settings.build(examples, options.seed)
    started = time.process_time()
    log = fit(
        model,
        examples,
        recipe,
        seed=options.seed,
        checkpoint_manager=CheckpointManager(
            options.output / "states" / f"{options.name}_{name}_{options.seed}", seconds=120
        ),
        title=f"{options.name}, {name}",
    )
    cpu = time.process_time() - started
    rows = track.products["row"].to_numpy()
    images = model.embed_images(track.store.images, rows)
    scores = {
        gallery: track.scores(images, model.embed_captions([*track.answers]), places)
        for gallery, places in track.galleries(name).items()
    }
    galleries = {
        gallery: {"size": len(places), **summarize(scores[gallery])}
        for gallery, places in track.galleries(name).items()
    }
    of_queries = scores[DECIDES[name]]
    found = {
        "trained_on": len(examples),
        "threads": options.threads,
        "parameters": sum(weights.numel() for weights in model.parameters()),
        "epochs": recipe.epochs,
        "minutes": round(sum(epoch.seconds for epoch in log.epochs) / 60, 2),
        "cpu_minutes": round(cpu / 60, 2),
        **speed(log, flops, peak),
        "loss": round(log.epochs[-1].loss, 4),
        "galleries": galleries,
        "queries": {PRIMARY: np.round(of_queries[PRIMARY], 4).tolist()},
    }
    if name == "full":  # the paper's protocol: whose own caption is first among all
        texts = model.embed_captions(track.products["caption"].tolist())
        found["paper"] = shares(images, texts)
    return found


def tracks_so_far(options: argparse.Namespace) -> dict[str, Any]:
    """What an earlier command left of this row, with other --tracks."""
    if not (options.rows / f"{options.name}.json").is_file():
        return {}
    left, own = read_row(options.rows, options.name), facts(options)
    same = all(left[key] == own[key] for key in ("pair", "env", "set", "seed", "torch"))
    tracks: dict[str, Any] = left["tracks"] if same else {}
    return tracks


def facts(options: argparse.Namespace) -> dict[str, Any]:
    """What the row is, and what its numbers depend on."""
    return {
        "name": options.name,
        "change": options.change,
        "pair": options.pair,
        "env": options.env,
        "set": options.changes,
        "seed": options.seed,
        "against": options.against,
        "torch": torch.__version__,
        "date": datetime.now(UTC).date().isoformat(),
        "command": command(options),
    }


def command(options: argparse.Namespace) -> str:
    """What makes the whole row again, without the folders of this machine."""
    words = ["python", str(Path(__file__).relative_to(ROOT)), options.name]
    for name in ("catalogue", "truth", "output"):
        words += [f"--{name}", getattr(options, name).name]
    for name, default in (("env", "fashion_small"), ("pair", "bert_resnet"), ("seed", 0)):
        if (value := getattr(options, name)) != default:
            words += [f"--{name}", str(value)]
    if options.changes:
        words += ["--set", *options.changes]
    if options.against:
        words += ["--against", options.against]
    return shlex.join([*words, "--change", options.change])


def read_row(folder: Path, name: str) -> dict[str, Any]:
    row: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return row


def compare(own: Mapping[str, list[float]], other: Mapping[str, list[float]]) -> dict[str, float]:
    """The paired test over queries: this row minus the other one."""
    differences = np.array(own[PRIMARY]) - np.array(other[PRIMARY])
    tested = paired_difference(
        differences, np.arange(len(differences)), resamples=RESAMPLES, confidence=0.95
    )
    return {key: round(value, 4) for key, value in tested.items()}


def count_flops(settings: Settings, examples: Examples) -> float:
    """Operations of one training example, forward and backward; a multiply-add is two."""
    learner = Learner(
        settings.build(examples, 0), examples, settings.training.recipe_for(settings.pair)
    )
    number, batch = next(learner.batches(0, 1))
    with learner.fork_rng(), FlopCounterMode(display=False) as counter:
        learner.step(batch, number)
    return counter.get_total_flops() / len(batch)


def matrix_peak() -> float:
    """Operations a second of a product of two large bf16 matrices, the best of five."""
    square = torch.randn(SQUARE, SQUARE, dtype=torch.bfloat16)
    seconds = []
    for _ in range(6):
        started = time.perf_counter()
        square @ square
        seconds.append(time.perf_counter() - started)
    return 2 * SQUARE**3 / min(seconds[1:])


def speed(log: TrainingLog, flops: float, peak: float) -> dict[str, float]:
    """Examples a second of the median step, and its share of the machine's bf16 matrix peak."""
    rate = float(np.median([step.images_per_second for step in log.steps]))
    return {
        "images_per_second": round(rate, 1),
        "mflops_an_example": round(flops / 1e6, 1),
        "share_of_peak": round(rate * flops / peak, 4),
    }


def told(name: str, track: str, result: Mapping[str, Any]) -> str:
    """One line for whoever waits."""
    scores = result["galleries"][DECIDES[track]]
    line = (
        f"{name}, {track}: R@1 {scores['recall_at_1']['mean']:.3f}, "
        f"R@10 {scores['recall_at_10']['mean']:.3f} of {scores['size']:,}, "
        f"{result['minutes']:.1f} minutes, {result['share_of_peak']:.0%} of the peak"
    )
    if against := result.get("against"):
        line += (
            f"; MRR {100 * against['difference']:+.1f} "
            f"({100 * against['low']:+.1f} to {100 * against['high']:+.1f}), "
            f"p {against['p_value']:.3f}"
        )
    return line


if __name__ == "__main__":
    main()
