"""Whether the full-scale run needs nothing but torch, and what it leaves."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from full_scale_scores import shares
from full_scale_table import HEAD, table
from full_scale_towers import full_pairs
from tests.benchmarks.conftest import BENCHMARKS
from tests.conftest import jpeg, row, write_hub

ROOT = BENCHMARKS.parent
TORCH_ONLY = Path(__file__).with_name("torch_only.py")


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, TORCH_ONLY, script, *map(str, arguments)],
        env={"PYTHONPATH": str(ROOT / "src"), "HF_HUB_OFFLINE": "1", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.exhaustive
def test_it_trains_and_scores_without_kedro_and_goes_on_where_it_was(tmp_path):
    rows = [row(number, f"Arden Men Shirt {number % 150}") for number in range(200)]
    pictures = [jpeg((number % 256, 90, 200)) for number in range(200)]
    write_hub(tmp_path / "shop" / "shop.parquet", rows, pictures)
    (tmp_path / "truth.json").write_text(json.dumps({"Arden Men Shirt 3": {"3": 1, "153": 1}}))
    arguments = [
        BENCHMARKS / "full_scale.py",
        "--small",
        "--limit",
        200,
        "--epochs",
        1,
        "--device",
        "cpu",
        "--catalogue",
        tmp_path / "shop",
        "--benchmark",
        tmp_path / "truth.json",
        "--output",
        tmp_path / "out",
        "--peak-tflops",
        1,
    ]
    first = run(*arguments)
    assert first.returncode == 0, first.stderr[-2000:]
    results = json.loads((tmp_path / "out" / "full_scale.json").read_text())
    assert [one["pair"] for one in results["runs"]] == ["bert_resnet", "bert_vit", "gpt_vit"]
    assert results["trained_on"] + results["kept_out"] == 200
    for one in results["runs"]:
        assert one["paper"]["gallery"] == 200
        assert one["benchmark"]["queries"] == 1
        assert 0 < one["share_of_peak"] < 1
    assert HEAD in (tmp_path / "out" / "full_scale.md").read_text()
    again = run(*arguments, "--pairs", "bert_resnet")
    assert again.returncode == 0, again.stderr[-2000:]
    (repeated,) = json.loads((tmp_path / "out" / "full_scale.json").read_text())["runs"]
    assert repeated["paper"] == results["runs"][0]["paper"]
    assert repeated["seconds"] == results["runs"][0]["seconds"]  # taken from the state, not trained


def test_the_towers_are_those_that_were_published():
    sizes = {
        name: (pair.text.config["model_type"], pair.image.config["model_type"])
        for name, pair in full_pairs(4000).items()
    }
    assert sizes == {
        "bert_resnet": ("bert", "resnet"),
        "bert_vit": ("bert", "vit"),
        "gpt_vit": ("gpt2", "vit"),
    }


def test_shares_are_of_queries_whose_own_answer_is_found():
    import numpy as np

    found = shares(np.eye(20, dtype=np.float32), np.eye(20, dtype=np.float32))
    assert found == {"gallery": 20, "accuracy": 1.0, "top10": 1.0, "top100": 1.0}


def test_a_table_without_benchmark_or_peak_leaves_them_empty():
    scores = {"accuracy": 0.1, "top10": 0.2, "top100": 0.3}
    run_ = {
        "pair": "bert_vit",
        "epochs": 5,
        "paper": scores,
        "share_of_peak": None,
        "seconds": 9.0,
        "images_per_second": 7.0,
        "collapsed": False,
        "recipe": {"batch_size": 4, "precision": "bf16"},
    }
    results = {
        "runs": [run_],
        "small": False,
        "size": [224, 224],
        "products": 9,
        "trained_on": 8,
        "catalogue": "shop",
        "device": "cpu",
        "torch": "2",
    }
    line = table(results).splitlines()[2]
    assert line.startswith("| bert_vit | 5 | 10.00 | 20.00 | 30.00 | 0.87 / 37.11 |  |")
    assert line.count("|") == HEAD.splitlines()[0].count("|")
