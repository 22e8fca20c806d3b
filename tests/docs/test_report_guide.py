"""The guide to the report explains the sections that the report has."""

import re

from tests.project import ROOT

TEMPLATES = ROOT / "src/shopclip/pipelines/reporting"
NO_SECTIONS = {"headline", "… its paired tests"}


def test_every_section_of_the_report_is_explained_and_no_other():
    sections = {
        heading
        for template in TEMPLATES.glob("*.j2")
        for heading in re.findall(r"<h2 id=[^>]*>(.+?)</h2>", template.read_text("utf-8"))
    }
    assert len(sections) > 8
    guide = (ROOT / "docs/how-to/read-the-report.md").read_text("utf-8")
    table = guide.partition("|---|---|---|\n")[2].partition("\n\n")[0]
    told = {row.split("|")[1].strip() for row in table.splitlines()} - NO_SECTIONS
    assert told == sections


def test_every_file_that_the_guide_names_is_in_the_catalogue():
    guide = (ROOT / "docs/how-to/read-the-report.md").read_text("utf-8")
    files = set(re.findall(r"`([\w]+\.(?:csv|png|html))`", guide))
    assert len(files) > 6
    catalogue = (ROOT / "conf/base/catalog_08_reporting.yml").read_text("utf-8")
    assert [name for name in files if f"/{name}" not in catalogue] == []
