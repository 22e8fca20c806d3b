"""A project with a small shop of its own, in which random things happen.

Every product's picture is one flat colour that no other product has, so that whoever finds a
picture knows whose it is. Runs happen in forked processes, which may be killed.
"""

import csv
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.conftest import jpeg
from tests.project import copy_project

STAGES = (
    "ingestion",
    "preprocessing",
    "training",
    "embedding",
    "evaluation",
    "indexing",
    "reporting",
)
PAIR = "bert_resnet"
PRODUCTS = 24
DONE, REFUSED, BROKEN, KILLED = "done", "refused", "broken", "killed"

PARAMETERS = """
pairs:
  bert_resnet:
    text:
      config: {model_type: bert, hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2,
               intermediate_size: 16, max_position_embeddings: 16}
    image:
      config: {model_type: resnet, embedding_size: 8, hidden_sizes: [8], depths: [1],
               layer_type: basic}
catalogue: {path: shop, max_rejected: 0.9}
images: {stored: {height: 16, width: 12}, size: {height: 16, width: 12}}
training: {embed_dim: 8, recipe: {epochs: 1, batch_size: 8}}
splits: {held_out: 0.3, validation: 0.2}
evaluation:
  {resamples: 100, gallery_captions: 2, gallery_pictures: 2, zero_shot: {gender: ["{value}"]}}
"""


def colour_of(id_):
    """The colour of a product's picture."""
    number = int(id_)
    return (40 + 170 * (number % 3) // 2, 40 + 170 * (number // 3 % 3) // 2, 30 + 9 * number)


def make_template(folder):
    """A project whose first run is over.

    This process ran it, so that those which are forked from it have everything loaded.
    """
    project = copy_project(folder)
    (project / "conf" / "random").mkdir()
    (project / "conf" / "random" / "parameters.yml").write_text(PARAMETERS)
    write_shop(project, list(range(PRODUCTS)), table="csv")
    here = Path.cwd()
    _session(project, (), {}, only_missing=False)
    os.chdir(here)
    return project


def write_shop(project, numbers, *, table, word="Shirt"):
    """Products in this order, as a CSV file with images or as one parquet file."""
    shop = project / "shop"
    shutil.rmtree(shop, ignore_errors=True)
    shop.mkdir()
    genders = ("Men", "Women")
    rows = [(str(n), f"{word} number {n}", genders[n % 2]) for n in numbers]
    if table == "csv":
        (shop / "images").mkdir()
        with (shop / "styles.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "productDisplayName", "gender"])
            writer.writerows(rows)
        for id_, *_ in rows:
            (shop / "images" / f"{id_}.jpg").write_bytes(jpeg(colour_of(id_), size=(12, 16)))
    else:
        pictures = [
            {"bytes": jpeg(colour_of(id_), size=(12, 16)), "path": None} for id_, *_ in rows
        ]
        ids, captions, kinds = zip(*rows, strict=True)
        columns = {"id": ids, "productDisplayName": captions, "gender": kinds, "image": pictures}
        pq.write_table(
            pa.table({name: list(values) for name, values in columns.items()}),
            shop / "train.parquet",
        )


def run(project, stages, params=None, *, only_missing=False, kill_at=None):
    """`kedro run` in a process of its own; how it ended, and what it said.

    Args:
        kill_at: the number of the file or folder that is about to be put in place when the process
            is killed.
    """
    log = project / "log.txt"
    child = os.fork()
    if child == 0:
        _run_and_exit(project, stages, params or {}, only_missing, kill_at, log)
    _, status = os.waitpid(child, 0)
    ended = KILLED if os.WIFSIGNALED(status) else (DONE, REFUSED, BROKEN)[os.WEXITSTATUS(status)]
    return ended, log.read_text(errors="replace")


def _run_and_exit(project, stages, params, only_missing, kill_at, log):
    code = 2
    with log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            if kill_at is not None:
                _die_at(kill_at)
            _session(project, stages, params, only_missing)
            code = 0
        except BaseException as error:
            from shopclip.hooks.error_hook import explain

            traceback.print_exc(file=sys.stdout)
            if isinstance(error, Exception) and explain(error) is not None:
                code = 1
        finally:
            sys.stdout.flush()
            os._exit(code)


def _session(project, stages, params, only_missing):
    from kedro.framework.project import settings
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    os.chdir(project)
    bootstrap_project(project)
    # What MLflow shows decides nothing, and takes half of the time.
    settings.set("HOOKS", tuple(h for h in settings.HOOKS if type(h).__name__ != "TrackingHook"))
    with KedroSession.create(project, env="random", runtime_params=params) as session:
        session.run(pipeline_names=list(stages), only_missing_outputs=only_missing)


def _die_at(count):
    """Every artefact is put in place by a rename."""
    rename, renames = Path.replace, iter(range(count))

    def replace(self, target):
        if next(renames, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(self, target)

    Path.replace = replace


def random_action(project, chance):
    """Something that happens to a project; what it was."""
    what = chance.choices(
        ["run", "kill", "catalogue", "file", "only_missing"], weights=[10, 5, 4, 2, 2]
    )[0]
    if what == "catalogue":
        numbers = list(range(chance.choice([PRODUCTS, PRODUCTS - 5])))
        chance.shuffle(numbers)
        table, word = chance.choice(["csv", "parquet"]), chance.choice(["Shirt", "Cap"])
        write_shop(project, numbers, table=table, word=word)
        return f"catalogue {table} {word} {numbers}"
    if what == "file":
        return _change_a_file(project, chance)
    first = chance.randrange(len(STAGES))
    stages = STAGES[first : chance.randrange(first, len(STAGES)) + 1]
    if chance.random() < 0.2:
        stages = tuple(stage for stage in stages if chance.random() < 0.7) or stages
    params = chance.choice(
        [
            {},
            {},
            {"training": {"seed": chance.randrange(2)}},
            {"splits": {"seed": chance.randrange(2)}},
            {"catalogue": {"limit": chance.choice([12, 20])}},
            {"training": {"embed_dim": 4}},
        ]
    )
    missing = what == "only_missing"
    kill_at = chance.randrange(30) if what == "kill" else None
    ended, said = run(project, stages, params, only_missing=missing, kill_at=kill_at)
    if ended == BROKEN:
        raise AssertionError(f"a run broke instead of refusing: {stages} {params}\n{said}")
    return f"{'only missing ' if missing else ''}{','.join(stages)} {params}: {ended}"


def _change_a_file(project, chance):
    """Damage that somebody does by hand, or an old backup."""
    files = sorted(
        file
        for file in (project / "data").rglob("*")
        if file.is_file()
        and ".provenance" not in file.parts
        and "01_raw" not in file.parts
        and ".runs" not in file.parts
        and file.suffix not in (".lock", "")
    )
    file = chance.choice(files)
    if chance.random() < 0.5:
        file.unlink()
        return f"removed {file.relative_to(project)}"
    content = bytearray(file.read_bytes())
    if content:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        file.write_bytes(content)
    return f"changed a bit of {file.relative_to(project)}"


def picture_colour(pixels):
    """The mean colour of a picture as the nearest one of a product: its number."""
    mean = pixels.reshape(-1, 3).mean(0)
    distances = [abs(mean - colour_of(n)).sum() for n in range(PRODUCTS)]
    return str(min(range(PRODUCTS), key=distances.__getitem__))
