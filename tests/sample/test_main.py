"""The command line."""

import pytest

from shopclip.sample.__main__ import main


def test_main_draws_and_prints_the_folder(tmp_path, capsys):
    folder = tmp_path / "shop"
    main([str(folder), "--products", "3", "--seed", "1"])
    assert capsys.readouterr().out == f"{folder}\n"
    assert len(list((folder / "images").iterdir())) == 3


def test_main_reports_a_folder_in_use(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path)])
    assert f"{tmp_path} already holds" in capsys.readouterr().err
