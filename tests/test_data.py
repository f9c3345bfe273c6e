"""The data sets: what the cards say, and what happens to a student whose file is gone or damaged."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from autograder.data import make_datasets
from course_utils import data

NAMES = [draw.__name__ for draw in make_datasets.SETS]
CLASSES = {"circles": 2, "moons": 2, "spirals": 3, "blobs": 4, "noisy_classes": 2, "hands": 6, "cats": 2}
FEATURES = {"hands": 400, "cats": 400}


def test_rebuilding_gives_the_committed_bytes(tmp_path):
    make_datasets.write_all(tmp_path)
    built = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(built) == {f"{name}.{ending}" for name in NAMES for ending in ("h5", "md")} | {"hands.png", "cats.png"}
    for name, content in built.items():
        assert (data.DATASETS / name).read_bytes() == content, name


@pytest.mark.parametrize("name", NAMES)
def test_card_states_shapes_licence_origin_rebuild_and_checksum(name):
    card = (data.DATASETS / f"{name}.md").read_text(encoding="utf-8")
    for field, array in getattr(data, f"load_{name}")()._asdict().items():
        dtype = "uint8" if name in FEATURES and field[0] == "X" else array.dtype  # stored small, loaded as float64
        assert f"| `{field}` | {array.shape} | {dtype} |" in card
    assert hashlib.sha256((data.DATASETS / f"{name}.h5").read_bytes()).hexdigest() in card
    for word in ("Origin", "Licence: CC BY 4.0", "python -m autograder data"):
        assert word in card


@pytest.mark.parametrize("name", NAMES)
def test_arrays_are_what_their_loader_says(name):
    loader = getattr(data, f"load_{name}")
    loaded = loader()
    for part in ("train", "dev", "test"):
        X, Y = getattr(loaded, f"X_{part}"), getattr(loaded, f"Y_{part}")
        assert X.shape[0] == FEATURES.get(name, 2)
        assert X.dtype == float
        assert Y.shape == (1, X.shape[1])
        assert set(np.unique(Y)) == set(range(CLASSES[name]))
        assert re.search(rf"\b{X.shape[1]}\b", loader.__doc__), f"the docstring does not state {part}"


def test_images_and_columns_are_each_others_inverse():
    X = data.load_hands().X_dev
    images = data.as_images(X)
    assert images.shape == (120, 20, 20)
    assert np.array_equal(data.as_columns(images), X)
    assert X.min() >= 0
    assert X.max() <= 255


@pytest.mark.parametrize(
    ("name", "draw", "seed"), [("hands", make_datasets.draw_hands, 6), ("cats", make_datasets.draw_cats, 7)]
)
def test_pictures_that_nobody_has_seen_come_as_the_loader_gives_them(name, draw, seed):
    loaded = getattr(data, f"load_{name}")()
    X, labels = draw(loaded.X_train.shape[1], np.random.default_rng(seed))
    for drawn, stored in ((X, loaded.X_train), (labels, loaded.Y_train)):
        assert drawn.dtype == stored.dtype
        assert np.array_equal(drawn, stored)
    others, _ = draw(7, np.random.default_rng(8))
    assert not np.array_equal(others, X[:, :7])


@pytest.mark.parametrize("name", FEATURES)
def test_a_contact_sheet_holds_the_first_pictures_of_each_class_and_its_card_says_so(name):
    loaded = getattr(data, f"load_{name}")()
    sheet = matplotlib.image.imread(data.DATASETS / f"{name}.png")
    assert sheet.shape == (44 * CLASSES[name], 440)
    for label in range(CLASSES[name]):
        pictures = data.as_images(loaded.X_train[:, loaded.Y_train[0] == label])
        for column in (0, 9):
            framed = sheet[44 * label :, 44 * column :][2:42:2, 2:42:2]
            assert np.array_equal(np.round(255 * framed), pictures[column])
    card = (data.DATASETS / f"{name}.md").read_text(encoding="utf-8")
    assert re.search(rf"!\[.{{40,}}\]\({name}\.png\)", card, re.S)


def test_fresh_sets_are_others_of_the_same_form(tmp_path, monkeypatch):
    own = data.load_noisy_classes()
    make_datasets.write_all(tmp_path, fresh=1)
    monkeypatch.setattr(data, "DATASETS", tmp_path)
    for fresh, array in zip(data.load_noisy_classes(), own, strict=True):
        assert fresh.shape == array.shape
        assert not np.array_equal(fresh, array)


def test_one_label_in_ten_is_flipped_in_every_set_alike():
    loaded = data.load_noisy_classes()
    for part in ("train", "dev", "test"):
        X, Y = getattr(loaded, f"X_{part}"), getattr(loaded, f"Y_{part}")
        above = X[1] > 0.5 * np.sin(4 * X[0])
        share = np.mean(above != Y[0])
        assert abs(share - 0.1) < 2 * np.sqrt(0.1 * 0.9 / Y.size), part
        assert "0.1" in data.load_noisy_classes.__doc__


@pytest.mark.parametrize("fault", ["missing", "empty", "cut", "a flipped byte in an array"])
def test_a_bad_file_is_one_line_that_says_what_to_run(fault, tmp_path, monkeypatch):
    content = bytearray((data.DATASETS / "circles.h5").read_bytes())
    array = data.load_circles().X_train.tobytes()
    if fault != "missing":
        if fault == "empty":
            content = b""
        elif fault == "cut":
            content = content[:5000]
        else:
            content[content.index(array) + 17] ^= 1
        (tmp_path / "circles.h5").write_bytes(content)
    monkeypatch.setattr(data, "DATASETS", Path(tmp_path))
    with pytest.raises(data.DataError) as error:
        data.load_circles()
    message = str(error.value)
    assert "datasets/circles.h5" in message
    assert "git restore datasets" in message
    assert "\n" not in message
    assert error.value._render_traceback_() == [message]
