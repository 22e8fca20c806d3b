from types import SimpleNamespace

import pandas as pd
from kedro.io import DataCatalog, MemoryDataset
from kedro_datasets.text import TextDataset
from rich.console import Console

from shopclip.hooks.console_hook import LeaderboardHook, collapse_lines, leaderboard_tables
from shopclip.tables.results import Results


def board(**collapsed):
    row = {"queries": 1500, "gallery": 1500, "direction": "image_to_text"}
    row |= {"accuracy": 0.1234, "top10_accuracy": 0.5, "top100_accuracy": 1.0}
    row |= {"mrr_at_10": 0.25, "mrr_at_10_low": 0.21, "mrr_at_10_high": 0.289}
    scores = ("accuracy", "top10", "top100", "mrr_at_10")
    row |= {
        f"chance_{name}": share / 1500 for name, share in zip(scores, (1, 10, 100, 3), strict=True)
    }
    row |= {
        f"ceiling_{name}": share for name, share in zip(scores, (0.7, 0.98, 1, 0.8), strict=True)
    }
    return pd.DataFrame(
        [
            {**row, "pair": pair, "protocol": protocol, "collapsed": collapsed.get(pair, False)}
            for protocol in ("held_out", "paper")
            for pair in ("bert_resnet", "gpt_vit")
        ]
    )


def printed(leaderboard):
    console = Console(width=80, record=True, file=None)
    with console.capture() as captured:
        for table in leaderboard_tables(leaderboard):
            console.print(table)
    return captured.get()


def test_a_table_a_protocol_with_shares_in_percent_and_chance_beside_them():
    text = printed(board())
    assert text.count("1,500 queries, gallery of 1,500") == 2
    row = next(line for line in text.splitlines() if "gpt_vit" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        "gpt_vit",
        "image → text",
        "12.3",
        "50.0",
        "100.0",
        "25.0 (21.0–28.9)",
    ]
    chance = next(line for line in text.splitlines() if "chance" in line)
    assert [cell.strip() for cell in chance.split("│")[3:-1]] == ["0.07", "0.67", "6.67", "0.20"]
    best = next(line for line in text.splitlines() if "best possible" in line)
    assert [cell.strip() for cell in best.split("│")[3:-1]] == ["70.00", "98.00", "100.00", "80.00"]
    assert "collapsed" not in text


def test_a_collapsed_pair_carries_a_mark_that_is_explained():
    text = printed(board(gpt_vit=True))
    assert "gpt_vit ✗" in text
    assert "bert_resnet ✗" not in text
    assert "collapsed: the report says why" in text


def test_it_fits_a_terminal_of_eighty_columns():
    assert max(len(line) for line in printed(board(gpt_vit=True)).splitlines()) <= 80
    assert "…" not in printed(board(gpt_vit=True))


COLLAPSED = {
    "final_loss": 4.15,
    "chance_loss": 4.16,
    "image_mean_cosine": 0.999,
    "image_effective_rank": 1.1,
    "text_mean_cosine": 0.1,
    "text_effective_rank": 30.0,
}


def said_after(leaderboard, tmp_path, capsys, **datasets):
    """What the hook prints after a run that left these datasets."""
    report = TextDataset(filepath=str(tmp_path / "data/report.html"))
    memory = {name: MemoryDataset(data) for name, data in datasets.items()}
    catalog = DataCatalog({"leaderboard": MemoryDataset(leaderboard), "report": report, **memory})
    hook = LeaderboardHook()
    hook.after_context_created(SimpleNamespace(project_path=tmp_path))
    hook.after_pipeline_run({}, SimpleNamespace(all_outputs=lambda: {"leaderboard"}), catalog)
    return " ".join(capsys.readouterr().out.split())


def test_a_collapsed_pair_has_a_line_with_what_was_seen():
    (line,) = collapse_lines({"gpt_vit": COLLAPSED})
    assert line == (
        "✗ gpt_vit: the loss ended at 4.15 nats, where towers that see nothing have 4.16; "
        "the image embeddings are one point (mean cosine 0.999, effective rank 1.1)"
    )


def test_the_run_ends_with_a_line_for_each_collapsed_pair_alone(tmp_path, capsys):
    pairs = ("gpt_vit", "bert_resnet")
    both = {f"results_{pair}": Results(pair, {"diagnostics": COLLAPSED}) for pair in pairs}
    said = said_after(board(gpt_vit=True), tmp_path, capsys, **both)
    assert said.count("gpt_vit: the loss ended at 4.15 nats") == 1
    assert "bert_resnet: the" not in said
    assert said.index("the loss ended") < said.index("Report: data/report.html")


def test_without_diagnostics_the_mark_alone_is_printed(tmp_path, capsys):
    said = said_after(board(gpt_vit=True), tmp_path, capsys)
    assert "gpt_vit ✗" in said
    assert "the loss ended" not in said
