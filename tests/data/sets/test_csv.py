"""Tables: headers, columns, classes, scale by the training rows; what is wrong with a row."""

import numpy as np
import pytest
from pydantic import ValidationError

from snnrun.core.capabilities import Values
from snnrun.data import load_dataset
from snnrun.data.sets.csv import CsvSettings
from snnrun.errors import DataError

TABLE = """\
length, width,"of, petals",species
5,1,10,setosa
6,1,-10,"virginica"
7,1,30,setosa

8,1,20,virginica
50,1,-90,setosa
-3,1,90,virginica
"""  # a blank line, a comma in quotation marks, a column that stays the same


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    (tmp_path / "train.csv").write_text(TABLE)
    return tmp_path


def load(**said):
    settings = CsvSettings(train="train.csv", **{"test": 1 / 3, "validation": "test", **said})
    return settings, load_dataset(settings)


def test_scale_is_that_of_the_rows_that_train(folder):
    """5..8 and -10..30 are those of the four that train; what lies outside is cut."""
    settings, data = load()
    assert settings.classes == ("setosa", "virginica")
    assert settings.input_shape == (3,)
    assert settings.values is Values.UNIT
    expected = [[0, 0, 0.5], [1 / 3, 0, 0], [2 / 3, 0, 1], [1, 0, 0.75]]
    np.testing.assert_allclose(data.train.read(np.arange(4))[0], expected, rtol=1e-6)
    assert data.train.targets().tolist() == [0, 1, 0, 1]
    np.testing.assert_array_equal(data.test.read(np.arange(2))[0], [[1, 0, 0], [0, 0, 1]])
    assert data.test.read(np.arange(2))[0].dtype == np.float32


def test_other_files_are_scaled_alike(folder):
    (folder / "test.csv").write_text("length,width,of,species\n6.5,1,10,virginica\n9,3,0,setosa\n")
    _, data = load(test="test.csv", validation=1 / 3)
    assert [len(split) for _, split in data.splits()] == [4, 2, 2]
    np.testing.assert_allclose(data.test.read(np.arange(2))[0], [[0.5, 0, 0.5], [1, 0, 0.25]])
    assert data.test.targets().tolist() == [1, 0]


def test_columns_are_chosen_by_name_or_number(folder):
    settings, data = load(columns=["of, petals", 0], scale=None, values_are="any")
    assert settings.input_shape == (2,)
    np.testing.assert_array_equal(data.train.read(np.arange(2))[0], [[10, 5], [-10, 6]])
    by_number = load(columns=[2, -4], label=3, scale=None, values_are="any")[1]
    assert by_number.train.digest() == data.train.digest()


@pytest.mark.parametrize("header", [None, False])
def test_without_a_header_columns_go_by_number(folder, header):
    (folder / "train.csv").write_text("10;0.5;1\n9;0.25;0\n10;0.75;0.5\n9;0;1\n")
    settings, data = load(label=0, header=header, delimiter=";", scale=None, test=0.5)
    assert settings.classes == ("9", "10")  # by value, not by letters
    assert data.train.targets().tolist() == [1, 0]
    np.testing.assert_array_equal(data.train.read(np.arange(2))[0], [[0.5, 1], [0.25, 0]])


def test_a_header_of_numbers_has_to_be_told(folder):
    (folder / "train.csv").write_text("1,2\n3,0\n4,1\n5,0\n6,1\n")
    _, data = load(header=True, scale=None, values_are="counts", test=0.5)
    assert len(data.train) + len(data.test) == 4


def test_values_may_be_images(folder):
    rows = [",".join(map(str, [label, *range(6)])) for label in (0, 1, 0, 1)]
    (folder / "train.csv").write_text("\n".join(rows))
    settings, data = load(label=0, shape=[1, 2, 3], scale=None, values_are="counts", test=0.5)
    assert settings.input_shape == (1, 2, 3)
    np.testing.assert_array_equal(data.train.read(np.arange(1))[0], [[[[0, 1, 2], [3, 4, 5]]]])


def test_classes_keep_the_order_that_is_given(folder):
    _, data = load(names=["virginica", "setosa"])
    assert data.train.targets().tolist() == [1, 0, 1, 0]
    with pytest.raises(DataError, match=r"train.csv: 'setosa' is none of the classes virginica, x"):
        load(names=["virginica", "x"])[1].split("train")


def test_what_was_found_is_part_of_the_config(folder):
    settings, _ = load()
    (folder / "train.csv").unlink()
    assert CsvSettings(**settings.model_dump()) == settings


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("7,oops,8,setosa", "line 9: column ' width' holds 'oops'; expected a number"),
        ("7,,8,setosa", "line 9: column ' width' holds ''; expected a number"),
    ],
)  # fmt: skip
def test_a_field_that_is_no_number_is_named(folder, row, message):
    (folder / "train.csv").write_text(TABLE + row + "\n")
    with pytest.raises(DataError, match=f"train.csv: {message}"):
        load()[1].split("train")


@pytest.mark.parametrize(
    ("content", "said", "message"),
    [
        (TABLE + "7,8\n", {}, "train: .*train.csv: line 9 has 2 columns; expected 4"),
        ("", {}, "train: .*train.csv: is empty"),
        (TABLE.split("\n")[0] + "\n", {}, "train: .*train.csv: has a header, and no rows below it"),
        (TABLE, {"label": "specie"}, "label: .*no column 'specie'; did you mean 'species'"),
        (TABLE, {"label": 4}, "label: .*has 4 columns; there is no column 4"),
        (TABLE, {"columns": ["lenght"]}, "columns: .*no column 'lenght'; did you mean 'length'"),
        (TABLE, {"header": False, "label": "species"}, "has no header, so columns go by number"),
        (TABLE, {"values_are": "counts"}, "values_are: must be unit where scale is min_max"),
        (TABLE, {"train": "trian.csv"}, "train: trian.csv: there is no .*trian.csv"),
    ],
)
def test_mistakes_are_told_at_their_key(folder, content, said, message):
    (folder / "train.csv").write_text(content)
    with pytest.raises(ValidationError, match=message):
        CsvSettings(**{"train": "train.csv", **said})


def test_values_outside_of_what_was_said(folder):
    with pytest.raises(DataError, match=r"split train: values reach from -90 to 90; expected \[0"):
        load(scale=None)[1].split("train")


def test_another_shape_than_there_are_columns(folder):
    with pytest.raises(DataError, match=r"train.csv: has 3 columns of values; .* shape \[2, 2\]"):
        load(shape=[2, 2])[1].split("train")


def test_bytes_that_are_no_text(folder):
    (folder / "train.csv").write_bytes(b"a,b\n\xff\xfe,1\n")
    with pytest.raises(ValidationError, match=r"train.csv: cannot be read as a table: .*utf-8"):
        load()
