"""Draw the pictures of ``hands`` and ``cats`` from each pixel's distance to a shape, and contact sheets of them."""

from __future__ import annotations

import struct
import zlib

import numpy as np

SIDE = 20


def draw_hands(m: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw hands as :func:`course_utils.data.load_hands` gives them, for test sets that nobody has seen.

    Parameters
    ----------
    m : int
        How many; the classes 0 to 5 take turns. Shuffle them where their order must not give a label away.
    rng : numpy.random.Generator

    Returns
    -------
    X : array (400, m)
        Pixels, whole numbers from 0 to 255, float64.
    labels : array (1, m)
        Fingers held up, 0 to 5, int64.
    """
    labels = np.arange(m) % 6
    return np.stack([_hand(int(fingers), rng) for fingers in labels], axis=1), labels[None, :]


def draw_cats(m: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw cats and others as :func:`course_utils.data.load_cats` gives them, for test sets that nobody has seen.

    Parameters
    ----------
    m : int
        How many; the classes 0 and 1 take turns. Shuffle them where their order must not give a label away.
    rng : numpy.random.Generator

    Returns
    -------
    X : array (400, m)
        Pixels, whole numbers from 0 to 255, float64.
    labels : array (1, m)
        1 for a cat, 0 for another shape, int64.
    """
    labels = np.arange(m) % 2
    return np.stack([_cat(bool(label), rng) for label in labels], axis=1), labels[None, :]


def contact_sheet(X: np.ndarray, labels: np.ndarray, columns: int = 10) -> bytes:
    """Make a PNG of the first pictures of every class, a row for each class.

    Parameters
    ----------
    X : array (400, m)
        Pixels from 0 to 255.
    labels : array (1, m)
    columns : int
        Pictures in a row.

    Returns
    -------
    bytes
        The same bytes on every computer: the pixels, enlarged twice, are not compressed, since versions of zlib differ.
    """
    rows = []
    for label in np.unique(labels):
        pictures = X.T[labels[0] == label][:columns].reshape(-1, SIDE, SIDE).astype(np.uint8)
        framed = np.pad(pictures.repeat(2, axis=1).repeat(2, axis=2), ((0, 0), (2, 2), (2, 2)), constant_values=255)
        rows.append(np.hstack(framed))
    return _png(np.vstack(rows))


def _hand(fingers: int, rng: np.random.Generator) -> np.ndarray:
    # Up to four fingers are those next to each other from the index finger on; the fifth is the thumb.
    angles = np.deg2rad(np.array([-27.0, -9.0, 9.0, 28.0, -72.0]) + rng.normal(0, 2.5, 5))
    lengths = np.array([0.62, 0.7, 0.65, 0.52, 0.5]) * rng.uniform(0.88, 1.12, 5)
    turn, size = rng.uniform(-10, 10), rng.uniform(0.95, 1.2)
    side = rng.choice((-1.0, 1.0))
    x, y = _paper(turn, size, np.array([0.0, 0.42]) + rng.uniform(-0.07, 0.07, 2))
    x = side * x
    palm = np.hypot(x / 0.34, y / 0.38) * 0.36 - 0.36
    distance = palm
    thickness = rng.uniform(0.08, 0.11)
    for angle, length in zip(angles[:fingers], lengths[:fingers], strict=True):
        along = np.array([np.sin(angle), -np.cos(angle)])
        root = 0.28 * along
        t = np.clip((x - root[0]) * along[0] + (y - root[1]) * along[1], 0, length)
        finger = np.hypot(x - root[0] - t * along[0], y - root[1] - t * along[1]) - thickness
        distance = np.minimum(distance, finger)
    return _grey(distance, rng)


def _cat(cat: bool, rng: np.random.Generator) -> np.ndarray:
    x, y = _paper(rng.uniform(-15, 15), rng.uniform(0.9, 1.2), np.array([0, 0.12]) + rng.uniform(-0.1, 0.1, 2))
    width, height = rng.uniform(0.48, 0.6), rng.uniform(0.44, 0.54)
    head = (np.hypot(x / width, y / height) - 1) * height
    apart, long = np.deg2rad(rng.uniform(34, 46)), rng.uniform(0.28, 0.42)
    kind = "cat" if cat else rng.choice(("bare head", "round ears", "box", "tent"))
    if kind == "box":
        head = np.maximum(np.abs(x) - width, np.abs(y) - height)
    elif kind == "tent":
        head = _polygon(x, y, [(0, -1.6 * height), (1.2 * width, height), (-1.2 * width, height)])
    elif kind != "bare head":
        for side in (-1, 1):
            left, right, tip = (side * apart + turn for turn in (-0.33, 0.33, 0))
            corners = [
                (np.sin(a) * width * r, -np.cos(a) * height * r) for a, r in ((left, 0.9), (tip, 1), (right, 0.9))
            ]
            top = (np.sin(tip) * (width + long), -np.cos(tip) * (height + long))
            if kind == "cat":
                ear = _polygon(x, y, [corners[0], top, corners[2]])
            else:
                ear = np.hypot(x - corners[1][0], y - corners[1][1]) - 0.5 * long
            head = np.minimum(head, ear)
    eyes = np.hypot(np.abs(x) - 0.2, y + 0.05) - rng.uniform(0.06, 0.1)
    return _grey(np.maximum(head, -eyes), rng)


def _paper(turn: float, size: float, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each pixel its place on a paper that is moved, scaled and turned by an angle in degrees; y points down."""
    turn = np.deg2rad(turn)
    grid = np.linspace(-1, 1, SIDE)
    x, y = np.meshgrid(grid, grid)
    x, y = (x - centre[0]) / size, (y - centre[1]) / size
    return np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x


def _polygon(x: np.ndarray, y: np.ndarray, corners: list[tuple[float, float]]) -> np.ndarray:
    """Measure how far pixels lie outside of a convex polygon, whose corners run clockwise on the screen."""
    sides = []
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
        sides.append(((x - x1) * (y2 - y1) - (y - y1) * (x2 - x1)) / np.hypot(x2 - x1, y2 - y1))
    return np.maximum.reduce(sides)


def _grey(distance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turn distances into a column of pixels: light inside, dark outside, a soft edge, and noise."""
    light = np.clip(0.5 - distance / 0.1, 0, 1)
    low, high = rng.uniform(10, 60), rng.uniform(150, 230)
    grey = low + (high - low) * light + rng.normal(0, 10, (SIDE, SIDE))
    return np.clip(np.round(grey), 0, 255).ravel()


def _png(pixels: np.ndarray) -> bytes:
    """Encode a grey picture (h, w) of uint8 by the PNG specification, with stored blocks."""

    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width = pixels.shape
    lines = np.pad(pixels, ((0, 0), (1, 0))).tobytes()  # each line begins with the number of its filter, none
    most = 0xFFFF
    blocks = [lines[start : start + most] for start in range(0, len(lines), most)]
    stored = b"".join(
        struct.pack("<BHH", block is blocks[-1], len(block), most ^ len(block)) + block for block in blocks
    )
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + part(b"IDAT", b"\x78\x01" + stored + struct.pack(">I", zlib.adler32(lines)))
        + part(b"IEND", b"")
    )
