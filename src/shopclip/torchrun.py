"""Training by the processes that torchrun has started, on one machine or on many:

    torchrun --nproc-per-node 8 -m shopclip.torchrun --namespaces bert_vit --env fashion

It takes the options of `kedro run` that choose pairs, environment and parameters. What it leaves
are training states, in which the next `kedro run` finds the pairs trained. All machines must see
the project's folder under the same path.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shopclip.errors import ShopclipError

USED = ("env", "params", "namespaces", "conf_source")


class OptionError(ShopclipError):
    """An option of `kedro run` that means nothing here."""


def main(arguments: Sequence[str]) -> None:
    """Train one pair after another, this process being one of the workers of each."""
    from kedro.framework.cli.project import run
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    options = run.make_context("torchrun", list(arguments)).params
    if unused := sorted(name for name, value in options.items() if value and name not in USED):
        raise OptionError(f"torchrun takes {', '.join(USED)}, and not {', '.join(unused)}")
    bootstrap_project(Path.cwd())
    with KedroSession.create(
        Path.cwd(),
        env=options["env"],
        runtime_params=options["params"],
        conf_source=options["conf_source"],
    ) as session:
        _train(session.load_context(), options["namespaces"] or ())


def _train(context: Any, pairs: Sequence[str]) -> None:
    from kedro.framework.project import pipelines

    from shopclip.dualencoder import choose_device
    from shopclip.dualencoder.parallel.process_group import joined
    from shopclip.hooks.made_by import path_of
    from shopclip.provenance import Records, require
    from shopclip.provenance.records import FOLDER

    training = pipelines["training"]
    chosen = training.filter(node_namespaces=list(pairs)) if pairs else training
    paths = (path_of(context.catalog, name) for name in chosen.inputs())
    records = Records(Path(context.project_path) / "data" / FOLDER)
    require(records, [path for path in paths if path])
    with joined(choose_device(context.params["training"].device).type):
        for node in chosen.nodes:
            node.run({name: context.catalog.load(name) for name in node.inputs})


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ShopclipError as error:
        logging.getLogger(__name__).error(error)
        raise SystemExit(1) from error
