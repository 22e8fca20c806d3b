"""The site's own generator is a few scripts beside the pages, which find each other there."""

import sys

from tests.project import ROOT

sys.path.insert(0, str(ROOT / "docs" / "building"))
