"""Random sequences of runs, changes and kills; after each, what would be accepted is checked."""

import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.consistency import oracle
from tests.consistency.world import DONE, make_template, random_action, run

LENGTH = 5  # things that happen, before a whole run that has to mend everything


def play(template, folder, seed):
    """One sequence; what happened, and how often each artefact was accepted.

    Raises:
        AssertionError: something wrong would have been accepted, or a run broke; with the history.
    """
    chance, history, accepted = random.Random(seed), [], Counter()
    shutil.copytree(template, folder, symlinks=True)
    try:
        for _ in range(LENGTH):
            history.append(random_action(folder, chance))
            found = oracle.check(folder)
            history.append(f"   accepted: {', '.join(found) or 'nothing'}")
            accepted.update(found)
        ended, said = run(folder, ())
        assert ended == DONE, f"a whole run did not mend it: {said}"
        assert len(oracle.check(folder)) == 6, "a whole run left something that is refused"
    except Exception as error:
        told = "\n".join(history)
        raise AssertionError(f"sequence {seed}:\n{told}\n{error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return accepted


def main(first, count):
    """`python -m tests.consistency.sequences FIRST COUNT`."""
    import torch

    torch.set_num_threads(1)  # processes are forked, which threads do not survive
    wrong, accepted = [], Counter()
    with tempfile.TemporaryDirectory() as folder:
        template = make_template(Path(folder) / "template")
        for seed in range(first, first + count):
            try:
                accepted += play(template, Path(folder) / "project", seed)
            except AssertionError as error:
                wrong.append(seed)
                print(error, flush=True)
            if (seed - first) % 50 == 49:
                print(
                    f"{seed - first + 1} sequences, {len(wrong)} wrong, {dict(accepted)}",
                    flush=True,
                )
    print(f"{count} sequences, {len(wrong)} wrong: {wrong}; accepted {dict(accepted)}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
