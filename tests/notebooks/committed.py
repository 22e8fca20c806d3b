"""The notebooks of the project, as they lie in the repository."""

from tests.project import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
