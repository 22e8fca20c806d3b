from types import SimpleNamespace

import pandas as pd
from kedro.io import DataCatalog, MemoryDataset
from kedro_datasets.text import TextDataset
from rich.console import Console

from shopclip.hooks.leaderboard_hook import LeaderboardHook, collapse_lines, leaderboard_tables


def board(**collapsed):
    rows = [
        {
            "pair": pair, "protocol": protocol, "direction": "image_to_text", "queries": 1500,
            "gallery": 1500, "accuracy": 0.1234, "top10_accuracy": 0.5,
            "top10_accuracy_low": 0.41, "top10_accuracy_high": 0.589, "top100_accuracy": 1.0,
            "chance_accuracy": 1 / 1500, "chance_top10": 10 / 1500, "chance_top100": 100 / 1500,
            "collapsed": collapsed.get(pair, False),
        }
        for protocol in ("held_out", "paper")
        for pair in ("bert_vit", "gpt_vit")
    ]  # fmt: skip
    return pd.DataFrame(rows)


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
        "gpt_vit", "image → text", "12.3", "50.0 (41.0–58.9)", "100.0",
    ]  # fmt: skip
    chance = next(line for line in text.splitlines() if "chance" in line)
    assert [cell.strip() for cell in chance.split("│")[3:-1]] == ["0.07", "0.67", "6.67"]
    assert "collapsed" not in text


def test_a_collapsed_pair_carries_a_mark_that_is_explained():
    text = printed(board(gpt_vit=True))
    assert "gpt_vit ✗" in text
    assert "bert_vit ✗" not in text
    assert "collapsed: the report says why" in text


def test_it_fits_a_terminal_of_eighty_columns():
    assert max(len(line) for line in printed(board(gpt_vit=True)).splitlines()) <= 80
    assert "…" not in printed(board(gpt_vit=True))


COLLAPSED = {
    "final_loss": 4.15, "chance_loss": 4.16, "image_mean_cosine": 0.999,
    "image_effective_rank": 1.1, "text_mean_cosine": 0.1, "text_effective_rank": 30.0,
}  # fmt: skip


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
    both = {"diagnostics_gpt_vit": COLLAPSED, "diagnostics_bert_vit": COLLAPSED}
    said = said_after(board(gpt_vit=True), tmp_path, capsys, **both)
    assert said.count("gpt_vit: the loss ended at 4.15 nats") == 1
    assert "bert_vit: the" not in said
    assert said.index("the loss ended") < said.index("Report: data/report.html")


def test_without_diagnostics_the_mark_alone_is_printed(tmp_path, capsys):
    said = said_after(board(gpt_vit=True), tmp_path, capsys)
    assert "gpt_vit ✗" in said
    assert "the loss ended" not in said
