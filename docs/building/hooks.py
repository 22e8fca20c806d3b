"""What MkDocs calls while it builds the site."""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from setting_page import render
from setting_reader import read_sections


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page of all parameters, which is written again for every build."""
    conf = Path(config.config_file_path).parent / "conf"
    page = render(read_sections(conf))
    files.append(File.generated(config, "reference/parameters.md", content=page))
    return files
