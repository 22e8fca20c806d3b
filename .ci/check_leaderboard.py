"""Hold the leaderboard of the sample catalogue to the promises of README."""

import sys

import pandas as pd


def main(path: str) -> int:
    leaderboard = pd.read_csv(path)
    held_out = leaderboard[leaderboard["protocol"] == "held_out"]
    weak = held_out[held_out["accuracy"] < 10 * held_out["chance_accuracy"]]
    for _, row in weak.iterrows():
        print(f"{row['pair']} {row['direction']}: {row['accuracy']:.3f} is under 10 x chance")
    collapsed = sorted(set(leaderboard[leaderboard["collapsed"]]["pair"]))
    if collapsed:
        print(f"collapsed: {', '.join(collapsed)}")
    print(f"{held_out['pair'].nunique()} pairs held to 10 x chance on {path}")
    return 1 if len(weak) or collapsed or held_out["pair"].nunique() < 3 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
