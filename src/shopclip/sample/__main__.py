"""The command `python -m shopclip.sample FOLDER [--products N] [--seed S]`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from shopclip.sample.catalogue import PRODUCTS, draw_catalogue


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the catalogue that the arguments ask for and print its folder."""
    parser = argparse.ArgumentParser(
        prog="python -m shopclip.sample",
        description="Draw a small synthetic shop in the Fashion Product Images layout.",
    )
    parser.add_argument("folder", type=Path, help="folder to create")
    parser.add_argument(
        "--products", type=int, default=PRODUCTS, help=f"how many (default: {PRODUCTS})"
    )
    parser.add_argument("--seed", type=int, default=0, help="which shop (default: 0)")
    options = parser.parse_args(arguments)
    try:
        folder = draw_catalogue(options.folder, products=options.products, seed=options.seed)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(folder)


if __name__ == "__main__":
    main()
