"""No bytes, as a table or as a picture, end in anything but products, rejected rows or one error.

A few hundred cases; thousands with: pytest tests/test_fuzz.py --hypothesis-profile=fuzz
"""

import csv
import io
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from shopclip.catalogue import open_catalogue
from shopclip.catalogue.columns import COLUMNS
from shopclip.catalogue.decode import FORMATS, UnreadableImageError, decode
from shopclip.catalogue.image_folder import ImageFolder
from shopclip.errors import ShopclipError
from shopclip.parameters import CatalogueParameters
from shopclip.pipelines.ingestion.nodes import check_products
from shopclip.tables.schemas import Products, RejectedProducts
from tests.conftest import jpeg, noise, row, write_hub

ANY = CatalogueParameters(max_rejected=1)
HEADER = ",".join(COLUMNS)
slowly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder with images 0 to 3."""
    folder = tmp_path_factory.mktemp("fuzz") / "shop"
    (folder / "images").mkdir(parents=True)
    for id_ in range(4):
        (folder / "images" / f"{id_}.jpg").write_bytes(jpeg("red"))
    (folder.parent / "secret.jpg").write_bytes(b"secret")
    return folder


def ingest(folder):
    """The number of rows and the ids of products and rejected rows, or None for one clear error."""
    try:
        products, rejected, facts = check_products(open_catalogue(folder), ANY)
    except ShopclipError:
        return None
    Products.validate(products)
    RejectedProducts.validate(rejected)
    with tempfile.TemporaryDirectory() as scratch:
        for table in (products, rejected):
            table.to_parquet(Path(scratch) / "table.parquet")
    assert len(products) + len(rejected) == facts["rows"]
    return facts["rows"], [*products["id"], *rejected["id"]]


def is_text(table):
    """UTF-8 with few control characters: anything else may be refused, in one line."""
    try:
        text = table.decode()
    except UnicodeDecodeError:
        return False
    return not any((one < " " and one not in "\0\t\n\r") or one == "\x7f" for one in text)


@slowly
@given(
    st.binary() | st.binary().map(lambda rest: f"{HEADER}\n1,a,b,c,d,e,f,2,u,x\n".encode() + rest)
)
def test_any_bytes_are_a_table_or_one_error(shop, table):
    (shop / "styles.csv").write_bytes(table)
    found = ingest(shop)
    if table.startswith(HEADER.encode()) and b'"' not in table and is_text(table):
        lines = table.replace(b"\0", b"").replace(b"\r", b"\n").split(b"\n")
        assert found is not None
        assert found[0] == sum(bool(line.strip(b" ")) for line in lines) - 1


ids = st.sampled_from(["0", "1", "2", " 3 ", "4", "", "../secret", "x" * 300])
fields = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ['"', '""', '5" x', "a,b", "a\nb", "\ufeff", "inf", "1e400", "2012.0", "\u00a0"]
)


@slowly
@given(
    st.lists(st.tuples(ids, *[fields] * 8, fields | st.just("x" * 10_000)), max_size=6),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(",;\t|"),
)
def test_no_row_that_a_csv_writer_wrote_is_lost(shop, rows, encoding, quoting, delimiter):
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([COLUMNS, *rows])
    (shop / "styles.csv").write_bytes(text.getvalue().encode(encoding))
    found = ingest(shop)
    if found is not None:
        assert found[0] == len(rows)
        assert Counter(id_.strip()[:120] for id_ in found[1]) == Counter(
            one[0].strip()[:120] for one in rows
        )


@slowly
@given(st.lists(st.text(st.sampled_from('0,"\n ax'), max_size=60), max_size=8))
def test_stray_quotes_and_commas_lose_no_line(shop, captions):
    """Each row is written on a line of its own and begins with its number, whatever follows."""
    captions = [caption.replace("\n", "") for caption in captions]
    rows = [f"{number},a,b,c,d,e,f,2,u,{caption}" for number, caption in enumerate(captions)]
    # Two lone quotes at the borders of fields are a legal field of several lines: nobody can tell.
    assume(all(caption.count('"') % 2 == 0 for caption in captions))
    (shop / "styles.csv").write_text("\n".join([HEADER, *rows]))
    found = ingest(shop)
    assert found is None or found[0] == len(rows)


@slowly
@given(
    st.text()
    | st.lists(st.sampled_from(["..", "images", "/", "\\", "1.jpg", "\0", "."])).map("/".join)
)
def test_no_reference_reads_a_file_outside(shop, reference):
    assert list(ImageFolder(shop).read([reference])) in ([b""], [jpeg("red")])


def _pictures():
    """A small picture in every format and mode that goes together."""
    rgb = Image.fromarray(noise(1, 16, 12)[0])
    deep = Image.fromarray(noise(1, 16, 24)[0, :, :, 0].copy().view(np.uint16))
    pictures = [rgb, deep, *(rgb.convert(mode) for mode in ("L", "P", "1", "CMYK", "RGBA", "LA"))]
    for form in FORMATS:
        for picture in pictures:
            buffer = io.BytesIO()
            try:
                picture.save(buffer, format=form)
            except (OSError, ValueError, KeyError):
                continue
            yield buffer.getvalue()


@st.composite
def mutated(draw, originals):
    """Some bytes overwritten, a stretch taken out, the end cut off."""
    data = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 6))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    start = draw(st.integers(0, len(data)))
    del data[start : start + draw(st.sampled_from([0, 0, 1, 4, 50]))]
    return bytes(data[: draw(st.sampled_from([None, None, 10, 100, len(data) // 2, -1]))])


@pytest.mark.filterwarnings("ignore")
@slowly
@given(st.binary() | mutated(list(_pictures())))
def test_any_bytes_are_a_picture_or_one_error(encoded):
    try:
        pixels = decode(encoded, (8, 6))
    except UnreadableImageError:
        return
    assert (pixels.shape, pixels.dtype) == ((8, 6, 3), np.uint8)


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    file = tmp_path_factory.mktemp("hub") / "a.parquet"
    return write_hub(file, [row(id_) for id_ in range(3)], [jpeg("red")] * 3)


@slowly
@given(st.data())
def test_any_parquet_is_a_table_or_one_error(hub, data):
    broken = hub.with_name("broken.parquet")
    broken.write_bytes(data.draw(mutated([hub.read_bytes()])))
    try:
        catalogue = open_catalogue(broken)
        products, rejected, facts = check_products(catalogue, ANY)
        images = list(catalogue.read_images(products["image"].tolist()))
    except ShopclipError:
        return
    assert len(products) + len(rejected) == facts["rows"]
    assert len(images) == len(products)
