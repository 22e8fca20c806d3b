"""What the pairs of the last run score in a public text → image benchmark.

    python benchmarks/public_benchmark.py --ground-truth ground_truth_text-image.json

It reads what `kedro run` left under `data/`. A score is only comparable with published ones if the
run kept the benchmark out of training: `--params splits.benchmark=…` with the same file. A run that
did not is marked.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from shopclip.benchmark import Benchmark, score
from shopclip.dualencoder import DualEncoder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ground-truth", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--output", type=Path, help="CSV file")
    options = parser.parse_args()
    benchmark = Benchmark.read(options.ground_truth)
    examples = pd.read_parquet(options.data / "05_model_input" / "examples.parquet")
    held_out = (examples["split"] == "held_out").to_numpy()
    trained_on = examples["id"].isin(benchmark.ids) & ~held_out
    galleries = {"all products": np.full(len(examples), True), "held out": held_out}
    rows = []
    for folder in sorted((options.data / "07_model_output").iterdir()):
        model = DualEncoder.load(options.data / "06_models" / folder.name)
        captions = model.embed_captions(benchmark.captions)
        images = np.load(folder / "image_embeddings.npy")
        for gallery, members in galleries.items():
            if members.any():
                ids = examples["id"][members].tolist()
                scores = asdict(score(benchmark, captions, images[members], ids))
                rows.append({"pair": folder.name, "of": gallery, **scores})
    table = pd.DataFrame(rows).assign(contaminated=bool(trained_on.any()))
    print(table.to_string(index=False, float_format="{:.3f}".format))
    if trained_on.any():
        print(f"contaminated: {trained_on.sum()} products of the benchmark were trained on")
    if options.output:
        table.to_csv(options.output, index=False, float_format="%.6f", lineterminator="\n")


if __name__ == "__main__":
    main()
