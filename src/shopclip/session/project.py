"""The project that a command is about, which Kedro looks for in the folders above as well."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from kedro.utils import find_kedro_project

from shopclip.errors import ShopclipError, first_line

PACKAGE = "shopclip"


class ProjectError(ShopclipError):
    """There is no project here, or it is another program's."""


def find_project(conf_source: str | None = None) -> Path:
    """The folder of the project, said on stderr where it is not the current one.

    A folder without `pyproject.toml` is one as well, of the installed package, if it holds `conf`
    or `conf_source` says where that is.

    Raises:
        ProjectError: the nearest project is not of this package, or there is none.
    """
    here = Path.cwd().resolve()
    project = find_kedro_project(here)
    if project is None:
        if conf_source is None and not (here / "conf").is_dir():
            raise ProjectError(
                f"{here}: no project of {PACKAGE}, nor is one above it; go to its folder, or say "
                "with --conf-source where its conf is"
            )
        return here
    if (package := _package(project)) != PACKAGE:
        where = "you are in it" if project.resolve() == here else "it lies above the current folder"
        raise ProjectError(
            f"{project}: is a project of {package}, not of {PACKAGE}, and {where}: "
            f"what {PACKAGE} writes would land in it. Go to a project of {PACKAGE}, or to a folder "
            "below none"
        )
    if project.resolve() != here:
        print(f"project: {project}, above the current folder", file=sys.stderr)
    return project


def _package(project: Path) -> str:
    file = project / "pyproject.toml"
    try:
        package = tomllib.loads(file.read_text("utf-8"))["tool"]["kedro"]["package_name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProjectError(f"{file}: names no package in [tool.kedro] ({first_line(error)})") from (
            error
        )
    return str(package)
