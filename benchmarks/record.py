"""Train one pair on the record's fixed track, and keep what came of it as one row.

    python benchmarks/record.py NAME --catalogue ../fashion-product-images-small \
        --truth ground_truth_text-image.json --output ../record

A row is trained twice: on all captions but those of the benchmark, and on one half of them;
record_track.py says why. It is tested against the row named by --against, and left in
benchmarks/results/record/NAME.json, of which record_table.py makes the table. A run that was cut
resumes when it is typed again. Pair and recipe are those of an environment of `conf`; --set changes
them: recipe.epochs=12 image.config.hidden_sizes=[48,96,192,384]. With --ensemble a row is made of
others instead, and with --teacher it learns from one.
"""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from full_scale_scores import shares
from record_track import RESAMPLES, Track, summarize
from record_training import ROOT, Workshop
from shopclip.metrics.statistics import paired_difference

ROWS = ROOT / "benchmarks/results/record"
PRIMARY = "mrr_at_10"  # by which rows are tested
DECIDES = {"full": "all", "half": "unseen"}  # the gallery of a track in which it counts


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="of the row")
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True, help="{caption: {id: 1}}")
    parser.add_argument("--output", type=Path, required=True, help="of image store and states")
    parser.add_argument("--env", default="fashion_small")
    parser.add_argument("--pair", default="bert_resnet")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", dest="changes")
    parser.add_argument("--ensemble", nargs="+", default=[], metavar="ROW", help="that it sums up")
    parser.add_argument("--teacher", metavar="ROW", help="that it learns from")
    parser.add_argument("--tracks", nargs="+", choices=list(DECIDES), default=list(DECIDES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--against", help="the row that it is tested against")
    parser.add_argument("--change", default="", help="what it changes, in one line")
    parser.add_argument("--rows", type=Path, default=ROWS)
    options = parser.parse_args(arguments)
    if options.teacher:
        options.changes = [*options.changes, f"recipe.teacher={options.teacher}"]
    return options


def main() -> None:
    options = parse()
    torch.set_num_threads(options.threads)
    track = Track.read(options.catalogue, options.truth, options.output / "image_store")
    rows = {**read_rows(options.rows), options.name: facts(options)}
    workshop = Workshop(track, rows, options.output)
    before = rows[options.against]["tracks"] if options.against else {}
    for name in options.tracks:
        result = ask(workshop, name, options)
        if name in before:
            result["against"] = compare(result["queries"], before[name]["queries"])
        options.rows.mkdir(parents=True, exist_ok=True)
        # After every track, for the next may be cut; the other one may be at work beside this one.
        row = {**facts(options), "tracks": {**tracks_so_far(options), name: result}}
        file = options.rows / f"{options.name}.json"
        file.write_text(json.dumps(row) + "\n", "utf-8")
        print(message(options.name, name, result), flush=True)


def ask(workshop: Workshop, name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Train on one track, and ask the benchmark in its galleries."""
    track = workshop.track
    model, found = workshop.model(options.name, name)
    images = model.embed_images(track.store.images, track.products["row"].to_numpy())
    queries = model.embed_captions([*track.answers])
    galleries = track.galleries(name)
    scores = {one: track.scores(images, queries, places) for one, places in galleries.items()}
    found["threads"] = options.threads
    found["galleries"] = {
        one: {"size": len(places), **summarize(scores[one])} for one, places in galleries.items()
    }
    found["queries"] = {PRIMARY: np.round(scores[DECIDES[name]][PRIMARY], 4).tolist()}
    if name == "full":  # the paper's protocol: whose own caption is first among all
        texts = model.embed_captions(track.products["caption"].tolist())
        found["paper"] = shares(images, texts)
    return found


def tracks_so_far(options: argparse.Namespace) -> dict[str, Any]:
    """What this row has by now, of other commands with other --tracks."""
    left, own = read_rows(options.rows).get(options.name), facts(options)
    decide = ("pair", "env", "set", "seed", "ensemble", "torch")
    if left is None or any(left[key] != own[key] for key in decide):
        return {}
    tracks: dict[str, Any] = left["tracks"]
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
        "ensemble": options.ensemble,
        "teacher": options.teacher,
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
    defaults = {"env": "fashion_small", "pair": "bert_resnet", "seed": 0, "teacher": None}
    for name, default in {**defaults, "against": None}.items():
        if (value := getattr(options, name)) != default:
            words += [f"--{name}", str(value)]
    taught = f"recipe.teacher={options.teacher}"  # which --teacher sets
    if changes := [one for one in options.changes if one != taught]:
        words += ["--set", *changes]
    if options.ensemble:
        words += ["--ensemble", *options.ensemble]
    return shlex.join([*words, "--change", options.change])


def read_rows(folder: Path) -> dict[str, Any]:
    """All rows by name."""
    rows = (json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json")))
    return {row["name"]: row for row in rows}


def compare(own: Mapping[str, list[float]], other: Mapping[str, list[float]]) -> dict[str, float]:
    """The paired test over queries: this row minus the other one."""
    differences = np.array(own[PRIMARY]) - np.array(other[PRIMARY])
    tested = paired_difference(
        differences, np.arange(len(differences)), resamples=RESAMPLES, confidence=0.95
    )
    return {key: round(value, 4) for key, value in tested.items()}


def message(name: str, track: str, result: Mapping[str, Any]) -> str:
    """One line for whoever waits."""
    scores = result["galleries"][DECIDES[track]]
    line = (
        f"{name}, {track}: R@1 {scores['recall_at_1']['mean']:.3f}, "
        f"R@10 {scores['recall_at_10']['mean']:.3f} of {scores['size']:,}, "
        f"{result['minutes']:.1f} minutes"
    )
    if share := result.get("share_of_peak"):
        line += f", {share:.0%} of the peak"
    if against := result.get("against"):
        line += (
            f"; MRR {100 * against['difference']:+.1f} "
            f"({100 * against['low']:+.1f} to {100 * against['high']:+.1f}), "
            f"p {against['p_value']:.3f}"
        )
    return line


if __name__ == "__main__":
    main()
