"""The results of a full-scale run as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PUBLISHED = {"bert_resnet": (0.74, 34.51), "bert_vit": (0.87, 37.11), "gpt_vit": (0.00, 0.10)}
HEAD = (
    "| pair | epochs | paper: accuracy | top 10 | top 100 | published | held out: accuracy "
    "| top 10 | top 100 | benchmark: R@1 | R@10 | MRR@10 | seconds | images/s | of peak "
    "| collapsed |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"
)


def table(results: Mapping[str, Any]) -> str:
    """A row a training; shares in percent, those of the benchmark from 0 to 1."""
    lines = [_row(run, results["small"]) for run in results["runs"]]
    return "\n".join([HEAD, *lines, "", _notes(results)])


def _row(run: Mapping[str, Any], small: bool) -> str:
    paper, held_out = _percents(run["paper"]), _percents(run.get("held_out"))
    accuracy, top100 = PUBLISHED[run["pair"]]
    published = f"{accuracy:.2f} / {top100:.2f}" if run["epochs"] == 5 and not small else ""
    scores = run.get("benchmark", {})
    names = ("recall_at_1", "recall_at_10", "mrr_at_10")
    benchmark = [f"{scores[name]:.3f}" if scores else "" for name in names]
    share = run["share_of_peak"]
    cells = [
        run["pair"],
        str(run["epochs"]),
        *paper,
        published,
        *held_out,
        *benchmark,
        f"{run['seconds']:.0f}",
        f"{run['images_per_second']:.0f}",
        "" if share is None else f"{share:.1%}",
        "YES" if run["collapsed"] else "no",
    ]
    return f"| {' | '.join(cells)} |"


def _percents(shares: Mapping[str, float] | None) -> list[str]:
    names = ("accuracy", "top10", "top100")
    return [f"{100 * shares[name]:.2f}" if shares else "" for name in names]


def _notes(results: Mapping[str, Any]) -> str:
    height, width = results["size"]
    recipe = results["runs"][0]["recipe"] if results["runs"] else {}
    return (
        f"{results['products']} products of {results['catalogue']}, {results['trained_on']} of "
        f"them trained on, at {height} × {width}, batch {recipe.get('batch_size')}, "
        f"{recipe.get('precision')}, on {results['device']}, torch {results['torch']}. Image → "
        "text in percent; `paper` ranks the captions of all products, those trained on included; "
        "`published` is accuracy / top 100 after five epochs with train = test. The benchmark is "
        "text → image over all pictures."
    )
