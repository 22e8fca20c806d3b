"""A project in which every pair is trained, with what the documentation's commands speak of."""

import json
import shutil

from tests.conftest import jpeg, row, write_kaggle
from tests.project import copy_project

PRODUCTS = 40
# What stands in the documentation for something of the reader's own.
PLACEHOLDERS = {
    "/path/to/catalogue": "fashion-product-images-small",
    "/path/to/another": "another",
    "gpt_resnet": "gpt_vit",  # a pair that the reader has added
    "bert_vit": "gpt_vit",
    "⟨pair⟩": "gpt_vit",
}


def prepare(folder):
    """An untrained project and, beside it and in it, catalogues, a picture and a ground truth."""
    project = copy_project(folder / "project")
    leave_out(project / "conf/test/parameters_pairs.yml", "bert_vit")
    for place in (project, folder):
        draw_shop(place / "fashion-product-images-small")
    draw_shop(project / "another", start=100)
    truth = {f"Arden Women Red Kurta {number}": {str(number): 1} for number in range(4)}
    for name in ("truth.json", "ground_truth_text-image.json"):
        (project / name).write_text(json.dumps(truth))
    (project / "shirt.jpg").write_bytes(jpeg((200, 40, 40)))
    write_own_shop(folder / "home" / "shop")
    return project


def leave_out(file, pair):
    """Two pairs have all that three have, in less time."""
    lines = file.read_text("utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(f"  {pair}:")]
    assert len(kept) == len(lines) - 1
    file.write_text("\n".join(kept) + "\n", "utf-8")


def draw_shop(folder, start=0):
    rows = [
        row(number, f"Arden Women Red Kurta {number}", gender="Women" if number % 2 else "Men")
        for number in range(start, start + PRODUCTS)
    ]
    write_kaggle(folder, rows)


def write_own_shop(folder):
    """The shop of docs/how-to/bring-your-own-shop.md, with more products than it shows."""
    (folder / "photos").mkdir(parents=True)
    lines = ["sku,title,photo,for,price"]
    for number in range(PRODUCTS):
        lines.append(f'{number},"Red cap {number}, cotton",photos/{number}.jpg,Kids,9.90')
        (folder / "photos" / f"{number}.jpg").write_bytes(jpeg((6 * number, 90, 120)))
    (folder / "products.csv").write_text("\n".join(lines) + "\n")


def copy(project, folder):
    """The same project for one page, so that pages do not disturb each other."""
    return shutil.copytree(project, folder)
