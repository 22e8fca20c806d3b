import bz2
import gzip
import io
import lzma
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shopclip.catalogue import CatalogueError, open_catalogue
from shopclip.catalogue.encodings import refuse_binary, refuse_other_kinds

TEXT = b"id,caption,image\n1,Red cap,1.jpg\n"


def workbook():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "<sheet/>")
    return file.getvalue()


def parquet():
    file = io.BytesIO()
    pq.write_table(pa.table({"id": [1]}), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(TEXT), r"compressed with gzip, no CSV.*; unpack it"),
        (bz2.compress(TEXT), r"compressed with bzip2"),
        (lzma.compress(TEXT), r"compressed with xz"),
        (workbook(), r"an Excel workbook.*; save its sheet as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, r"an Excel workbook"),
        (parquet(), r"is parquet.*; call it .parquet"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), r"holds binary data"),
    ],
    # Their bytes would tell the time at which two processes collect the tests.
    ids=["gzip", "bzip2", "xz", "xlsx", "xls", "parquet", "png"],
)
def test_another_kind_of_file_called_csv_is_one_clear_line(tmp_path, content, message):
    file = tmp_path / "shop.csv"
    file.write_bytes(content)
    with pytest.raises(CatalogueError, match=rf"shop\.csv: .*{message}") as caught:
        open_catalogue(file)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("content", [b"", TEXT, TEXT + b"\x1a", b"id,caption\n1,Sh\0irt \x07\n"])
def test_text_is_let_through_with_a_stray_control_character_too(tmp_path, content):
    for refuse in (refuse_other_kinds, refuse_binary):
        refuse(tmp_path / "shop.csv", content)
