"""The border codec: what crosses, which memory it shares, and that hostile bytes do nothing but raise ProtocolError."""

from __future__ import annotations

import ast
import copy
import io
import json
import math
import os
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
from collections import OrderedDict, defaultdict, namedtuple
from enum import IntEnum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.judge.guest import codec
from autograder.judge.guest.codec import Closed, Handle, Limits, NotPlain, ProtocolError
from course_utils.checks.limits import time_limit

settings.register_profile("border", deadline=None, max_examples=100)
settings.load_profile("border")

BIT_GENERATORS = [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64]
CODES = ["?", "i1", "<i2", ">i4", "<i8", "u1", ">u2", "<u8", "<f2", "<f4", ">f8", "<f8", "<c8", ">c16"]


def joined(frame):
    return b"".join(bytes(part) for part in frame)


def arrived(frame, limits=codec.LIMITS):
    return codec.receive(io.BytesIO(joined(frame)).read, limits)


def round_trip(value, **options):
    return codec.decode(arrived(codec.encode(value)), **options)


def call(function, *arguments, keep=None, **keywords):
    """Call a function as if it lived beyond the border."""
    sent = codec.encode_call("function", arguments, keywords)
    received = codec.decode_call(arrived(sent.frame))
    result = function(*received.arguments, **received.keywords)
    return codec.decode_reply(arrived(codec.encode_reply(received, result, keep=keep)), sent)


def forged(kind, sizes, body, blocks=b""):
    header = json.dumps([kind, sizes, body]).encode()
    return struct.pack("<4sI", b"brd1", len(header)) + header + blocks


def message(body, *blocks):
    return codec.decode(received_bytes(forged("message", [len(block) for block in blocks], body, b"".join(blocks))))


def received_bytes(content, limits=codec.LIMITS):
    return codec.receive(io.BytesIO(content).read, limits)


def same(one, other):
    """Tell whether two values are equal in type, bits and order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, np.generic):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one), list(other)) and same(list(one.values()), list(other.values()))
    if isinstance(one, np.random.Generator):
        return repr(one.bit_generator.state) == repr(other.bit_generator.state)
    return one == other


# ---- what crosses ----

texts = st.text(st.characters(exclude_categories=["Cs"]))
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts


@st.composite
def arrays(draw):
    shape = draw(st.lists(st.integers(0, 4), max_size=4))
    dtype = np.dtype(draw(st.sampled_from(CODES)))
    size = math.prod(shape) * dtype.itemsize
    content = draw(st.binary(min_size=size, max_size=size))
    if dtype.kind == "b":
        content = bytes(byte & 1 for byte in content)
    array = np.frombuffer(content, dtype).reshape(shape).copy() if size else np.empty(shape, dtype)
    array = array.transpose(draw(st.permutations(range(array.ndim))))
    steps = draw(st.lists(st.sampled_from([1, 2, -1]), min_size=array.ndim, max_size=array.ndim))
    return array[tuple(slice(None, None, step) for step in steps)]


@st.composite
def scalars(draw):
    # NumPy gives scalars in native order.
    dtype = np.dtype(draw(st.sampled_from(CODES))).newbyteorder("=")
    content = draw(st.binary(min_size=dtype.itemsize, max_size=dtype.itemsize))
    return np.frombuffer(bytes(byte & 1 for byte in content) if dtype.kind == "b" else content, dtype)[0]


@st.composite
def generators(draw):
    generator = np.random.Generator(draw(st.sampled_from(BIT_GENERATORS))(draw(st.integers(0, 2**64))))
    generator.integers(10, size=draw(st.integers(0, 5)), dtype=np.int32)
    return generator


keys = st.recursive(leaves, lambda inner: st.tuples(inner, inner), max_leaves=3)
values = st.recursive(
    leaves | arrays() | scalars() | generators(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(keys, inner),
    max_leaves=12,
)


@given(values)
def test_values_cross(value):
    assert same(round_trip(value), value)


@given(values)
def test_same_value_gives_same_bytes(value):
    elsewhere = round_trip(value)  # at other addresses
    assert joined(codec.encode(value)) == joined(codec.encode(elsewhere))


@given(st.lists(values, max_size=4), st.dictionaries(texts, values, max_size=3))
def test_calls_cross_and_leave_arguments_alone(arguments, keywords):
    before = copy.deepcopy((arguments, keywords))
    sent = codec.encode_call(3, arguments, keywords)
    received = codec.decode_call(arrived(sent.frame))
    assert received.function == 3
    assert same([list(received.arguments), received.keywords], [arguments, keywords])
    result = codec.decode_reply(arrived(codec.encode_reply(received, list(received.arguments))), sent)
    assert same((result, keywords), before)
    assert same((arguments, keywords), before)


@pytest.mark.parametrize("kind", BIT_GENERATORS)
def test_generator_draws_the_same_afterwards(kind):
    generator = np.random.Generator(kind(7))
    generator.standard_normal(11)
    generator.integers(9, dtype=np.int32)  # leaves half a word behind
    crossed = round_trip(generator)
    assert (
        crossed.integers(2**30, size=1500, dtype=np.int32) == generator.integers(2**30, size=1500, dtype=np.int32)
    ).all()
    assert (crossed.standard_normal(1500) == generator.standard_normal(1500)).all()


class Word(str):
    def __str__(self):
        raise AssertionError("foreign code ran")

    __len__ = __iter__ = encode = __eq__ = __str__
    __hash__ = str.__hash__


class Number(float):
    def __float__(self):
        raise AssertionError("foreign code ran")

    __repr__ = __eq__ = __float__
    __hash__ = float.__hash__


class Whole(int):
    def __int__(self):
        raise AssertionError("foreign code ran")

    __index__ = __repr__ = bit_length = __eq__ = __int__
    __hash__ = int.__hash__


class Row(list):
    def __iter__(self):
        raise AssertionError("foreign code ran")

    __len__ = __getitem__ = __iter__


class Table(dict):
    def items(self):
        raise AssertionError("foreign code ran")

    keys = __iter__ = __getitem__ = items


class Disguise:
    @property
    def __class__(self):
        raise AssertionError("foreign code ran")


Pair = namedtuple("Pair", "first second")
Color = IntEnum("Color", "RED GREEN")


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Word("word"), "word"),
        (Number(0.5), 0.5),
        (Whole(5), 5),
        (Color.GREEN, 2),
        (Row([1, 2]), [1, 2]),
        (Table(a=1), {"a": 1}),
        (Pair(1, 2), (1, 2)),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(int, a=1), {"a": 1}),
        (np.str_("text"), "text"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_subclasses_cross_as_their_base_and_run_no_code(value, plain):
    crossed = round_trip(value)
    assert type(crossed) is type(plain)
    assert crossed == plain


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({1}, "a set"),
        (b"bytes", "a bytes"),
        (1j, "a complex"),
        (object(), "an object"),
        (len, "a builtin_function_or_method"),
        (lambda: 1, "a function"),
        (Disguise(), "a Disguise"),
        (np.array([None]), "an array of objects"),
        (np.array(["a"]), "an array of text"),
        (np.array([b"a"]), "an array of bytes"),
        (np.zeros(2, "f8,i4"), "a structured array"),
        (np.zeros(2, "M8[s]"), "an array of datetime64"),
        (np.ma.masked_array([1, 2], [True, False]), "a masked array"),
        (np.asmatrix([[1]]), "a matrix"),
        (np.zeros((1,) * 9), "an array of float64, 9-dimensional"),
        (np.datetime64("2020-01-01"), "a datetime64"),
        (np.random.RandomState(0), "a RandomState"),
        (np.array([0, 2], np.uint8).view(bool), "an array of bool with bytes other than 0 and 1"),
        (10**1000, "an integer of more than 2048 bits"),
        ("\ud800", "text with half a surrogate pair"),
        ({"\udfff": 1}, "text with half a surrogate pair"),
        ({(1, b"key"): 1}, "a dict with a tuple as a key"),
        (np.broadcast_to(0.0, (1 << 14, 1 << 14)), "more than 64 MiB of arrays"),
        ([0] * 200_000, "more than 200,000 items"),
        ("a" * (5 << 20), "more than 200,000 items, or 4 MiB without arrays"),
    ],
    ids=lambda value: value if type(value) is str and len(value) < 60 and value.isascii() else "",
)
def test_other_values_are_refused_by_name(value, name):
    for wrapped in (value, [value], (1, {"key": value})):
        with pytest.raises(NotPlain) as caught:
            codec.encode(wrapped)
        assert str(caught.value).startswith(name)


def test_a_kept_class_cannot_smuggle_a_long_or_strange_name():
    strange = type("A\n\x1b[31m\u202e" + "x" * 1000, (), {})
    handle = round_trip_kept(strange())[0]
    assert handle.kind.isprintable()
    assert len(handle.kind) <= 40


def test_containers_that_contain_themselves_are_refused():
    loop = [1]
    loop.append({"deep": (loop,)})
    with pytest.raises(NotPlain, match="a list that contains itself"):
        codec.encode(loop)


def nested(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


def test_depth_is_limited():
    assert same(round_trip(nested(32)), nested(32))
    with pytest.raises(NotPlain, match="nested"):
        codec.encode(nested(33))


@pytest.mark.parametrize("piece", [b'\\"', b"\\\\", b'"', b'"\\'])
def test_a_text_without_end_is_read_at_once(piece):
    with time_limit(10), pytest.raises(ProtocolError):
        received_bytes(header_only(b'["message",[],"' + piece * 1_000_000))


@pytest.mark.parametrize("leaf", [np.random.Generator(np.random.MT19937(0)), np.zeros((1, 2)), (), np.float32(1)])
def test_whatever_is_as_deep_as_allowed_can_be_decoded(leaf):
    for _ in range(32):
        leaf = (leaf,)
    sent = codec.encode_call("f", (), {"x": leaf})
    received = codec.decode_call(arrived(sent.frame))
    assert same(received.keywords["x"], leaf)
    assert same(codec.decode_reply(arrived(codec.encode_reply(received, leaf)), sent), leaf)


def test_a_shared_list_is_still_shared():
    part = [1]
    one, other = round_trip([part, {"part": part}])
    assert one is other["part"]


def test_shared_lists_count_wherever_they_stand():
    value = [1] * 8
    for _ in range(20):
        value = [value, value]
    with pytest.raises(NotPlain, match="200,000 items"):
        codec.encode(value)


def test_shared_lists_add_up_in_depth():
    inner = nested(20)
    with pytest.raises(NotPlain, match="nested"):
        codec.encode([inner, [[[[[[[[[[[[inner]]]]]]]]]]]]])


# ---- arrays and the memory they share ----


def test_arrays_share_memory_as_they_did():
    x = np.arange(24.0).reshape(4, 6)
    value = {
        "whole": x,
        "top": x[:3],
        "bottom": x[2:],
        "turned": x.T,
        "even": x[:, ::2],
        "back": x[::-1],
        "ints": x.view("i8"),
    }
    crossed = round_trip(value)
    for name, part in value.items():
        assert same(crossed[name], part)
        assert crossed[name].strides == part.strides
        for other in value:
            assert np.shares_memory(crossed[name], crossed[other]) == np.shares_memory(part, value[other])
    crossed["whole"][2, 2] = -1
    assert crossed["bottom"][0, 2] == crossed["turned"][2, 2] == crossed["even"][2, 1] == crossed["back"][1, 2] == -1


def test_overlapping_slices_share_without_their_base():
    x = np.arange(10.0)
    first, second = round_trip((x[:6], x[4:]))
    first[4] = -1
    assert second[0] == -1


def test_the_same_array_twice_is_the_same_memory():
    x = np.arange(12).reshape(3, 4)[:, ::2]
    one, other = round_trip([x, x])
    one[0, 0] = 99
    assert other[0, 0] == 99


def test_separate_arrays_stay_separate():
    one, other = round_trip([np.zeros(3), np.zeros(3)])
    assert not np.shares_memory(one, other)


def test_views_far_apart_are_copied():
    x = np.zeros(1000)
    frame = codec.encode([x[::500], x[1::500]])
    assert sum(map(len, frame[1:])) == 2 * 2 * 8


def test_what_lies_between_elements_is_not_sent():
    x = np.arange(100, 120, dtype=np.uint8).reshape(5, 4)
    for value in ([x[:, 0]], [x[:, 0], x[1:, 0]], [x[:, :2], x[:, 0]]):
        content = b"".join(codec.encode(value)[1:])
        assert not set(content) & set(x[:, 2:].ravel().tolist())
        assert {100, 104, 108} <= set(content)


def test_memory_order_is_kept():
    x = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert round_trip(x).flags.f_contiguous
    assert round_trip(np.zeros((2, 3, 4)).transpose(1, 0, 2)).strides == (32, 96, 8)
    assert round_trip(np.arange(12.0).reshape(3, 4)[:, ::2]).flags.c_contiguous


def test_a_read_only_array_stays_read_only():
    x = np.zeros(3)
    x.flags.writeable = False
    crossed = round_trip([x, x[:0], np.broadcast_to(1.0, (2, 2)), np.zeros(3), np.zeros(0)])
    assert [part.flags.writeable for part in crossed] == [False, False, False, True, True]


@st.composite
def views(draw):
    """Draw an array of a few bytes and some views of it."""
    base = np.arange(draw(st.integers(1, 24)), dtype=draw(st.sampled_from(["u1", "<i2", ">f4", "<f8"])))
    if base.size % 4 == 0 and draw(st.booleans()):
        base = base.reshape(-1, 4)
    parts = [base] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, 4))):
        part = base
        for axis, length in enumerate(base.shape):
            start = draw(st.integers(0, length))
            stop = draw(st.integers(start, length))
            part = np.moveaxis(np.moveaxis(part, axis, 0)[start : stop : draw(st.sampled_from([1, 2]))], 0, axis)
        parts.append(part[::-1] if draw(st.booleans()) else part)
    return parts


@given(views())
def test_whatever_overlaps_shares_memory_after_crossing(parts):
    crossed = round_trip(parts)
    filled = [part for part in parts if part.size]
    ends = [np.lib.array_utils.byte_bounds(part) for part in filled]
    reach = max(high for _, high in ends) - min(low for low, _ in ends) if filled else 0
    # Views that lie thinly in what they span may come as copies.
    thin = filled and reach > 4 * min(part.nbytes for part in filled)
    for one, got in zip(parts, crossed, strict=True):
        assert same(got, one)
        for other, had in zip(parts, crossed, strict=True):
            shared, sharing = np.shares_memory(one, other), np.shares_memory(got, had)
            assert sharing <= shared if thin else sharing == shared


@given(views(), st.data())
def test_a_change_in_place_reaches_every_original(parts, data):
    """Whatever is written beyond the border looks as if it had been written here."""
    index = data.draw(st.integers(0, len(parts) - 1))
    base = parts[0].base if parts[0].base is not None else parts[0]
    here_base = base.copy()
    offset = np.lib.array_utils.byte_bounds(base)[0]
    here = [
        np.ndarray(p.shape, p.dtype, here_base, p.__array_interface__["data"][0] - offset if p.size else 0, p.strides)
        for p in parts
    ]

    def write(*arrays):
        arrays[index][...] = 77

    call(write, *parts)
    write(*here)
    for one, other in zip(parts, here, strict=True):
        assert same(one, other)


# ---- a call's arguments ----

ORDERS = {
    "C": np.arange(12.0).reshape(3, 4),
    "F": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "between": np.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2),
    "0-d": np.array(5.0),
    "big-endian": np.arange(12, dtype=">f8").reshape(3, 4),
    "one column": np.arange(3.0)[:, None],
}


@pytest.mark.parametrize("order", ORDERS)
def test_results_are_views_of_the_callers_arrays(order):
    x = ORDERS[order].copy("K")
    assert call(lambda x: x, x) is x
    assert call(lambda x: {"cache": (1, [x])}, x)["cache"][1][0] is x
    for view in (
        lambda x: x[..., :1] if x.ndim else x[None],
        lambda x: x.T,
        lambda x: x.reshape(-1, order="A"),
        lambda x: x[::-1] if x.ndim else x,
    ):
        result = call(view, x)
        assert same(result, view(x))
        assert np.shares_memory(result, x) == np.shares_memory(view(x), x)
        if np.shares_memory(result, x):
            result += 1
            assert same(result, view(x))
    assert not np.shares_memory(call(lambda x: x.copy(), x), x)
    assert not np.shares_memory(call(lambda x: x * 1, x), x)


@pytest.mark.parametrize("order", ORDERS)
def test_changes_in_place_are_seen(order):
    x = ORDERS[order].copy("K")

    def change(x):
        x *= 2
        return x.T

    before = x.copy()
    result = call(change, x)
    assert (x == before * 2).all()
    assert np.shares_memory(result, x)
    assert (result == x.T).all()


def test_changes_to_an_array_with_gaps_are_seen():
    whole = np.arange(12.0).reshape(3, 4)
    x = whole[:, ::2]

    def change(x):
        x += 100
        return x[:, :1]

    result = call(change, x)
    assert (whole == [[100, 1, 102, 3], [104, 5, 106, 7], [108, 9, 110, 11]]).all()
    assert (result == x[:, :1]).all()
    assert call(lambda x: x, x) is x


def test_unchanged_arguments_are_not_sent_back():
    x = np.zeros(1000)
    sent = codec.encode_call("f", [x])
    received = codec.decode_call(arrived(sent.frame))
    assert len(joined(codec.encode_reply(received, received.arguments[0]))) < 200
    received.arguments[0][5] = 1
    assert len(joined(codec.encode_reply(received, None))) > 8000


def test_dict_keys_and_list_items_come_and_go():
    inner = {"w": np.ones(2), "old": 1}
    parameters = {"layers": [inner, 2], "inner": inner}
    layers, w = parameters["layers"], inner["w"]

    def change(parameters):
        inner = parameters["inner"]
        del inner["old"]
        inner["new"] = np.full(2, 5.0)
        inner["view"] = inner["w"][:1]
        inner["w"] += 1
        parameters["layers"].append("end")
        parameters["gone"] = parameters.pop("layers")
        return parameters

    assert call(change, parameters) is parameters
    assert list(parameters) == ["inner", "gone"]
    assert parameters["gone"] is layers
    assert layers[1:] == [2, "end"]
    assert layers[0] is inner is parameters["inner"]
    assert list(inner) == ["w", "new", "view"]
    assert inner["w"] is w
    assert (w == 2).all()
    assert np.shares_memory(inner["view"], w)


def test_what_was_taken_out_of_an_argument_still_changes():
    inner = [1]
    outer = [inner]

    def change(outer):
        outer.pop().append(2)

    call(change, outer)
    assert (outer, inner) == ([], [1, 2])


def test_one_argument_given_twice_is_one_object():
    x = {"n": 1}

    def change(one, other):
        one["n"] = 2
        return one is other

    assert call(change, x, x)
    assert x == {"n": 2}


@pytest.mark.parametrize("kind", [OrderedDict, lambda **items: defaultdict(list, **items), Table, dict])
def test_dicts_of_other_classes_are_changed_too(kind):
    x = kind(a=1, b=2)

    def change(x):
        del x["a"]
        x["c"] = 3

    call(change, x)
    assert list(dict.items(x)) == [("b", 2), ("c", 3)]
    if kind is OrderedDict:
        assert list(x.items()) == [("b", 2), ("c", 3)]


@pytest.mark.parametrize("kind", BIT_GENERATORS)
def test_a_generator_advances(kind):
    rng, twin = np.random.Generator(kind(1)), np.random.Generator(kind(1))
    bits = rng.bit_generator
    assert (call(lambda rng: rng.normal(size=3), rng) == twin.normal(size=3)).all()
    assert rng.bit_generator is bits
    assert rng.random() == twin.random()
    assert call(lambda one, other: one is other and one, rng, rng) is rng


def test_a_read_only_argument_keeps_its_content():
    x = np.zeros(3)
    x.flags.writeable = False

    def change(held):
        held["x"].flags.writeable = True
        held["x"] += 1
        return held["x"][:2]

    held = {"x": x}
    sent = codec.encode_call("f", [held])
    received = codec.decode_call(arrived(sent.frame))
    with pytest.raises(ValueError, match="read-only"):
        received.arguments[0]["x"] += 1
    block = np.frombuffer(received.blocks[0], "f8")
    block += 1
    result = codec.decode_reply(arrived(codec.encode_reply(received, received.arguments[0]["x"][:2])), sent)
    assert (x == 0).all()
    assert (result == 1).all()
    assert (held["x"] == 1).all()
    assert np.shares_memory(result, held["x"])
    assert not np.shares_memory(result, x)


def test_keyword_arguments_change_too():
    x = np.zeros(2)

    def change(*, x):
        x += 1

    call(change, x=x)
    assert (x == 1).all()


def test_a_result_that_is_not_plain_leaves_the_arguments():
    x = [1]
    sent = codec.encode_call("f", [x])
    received = codec.decode_call(arrived(sent.frame))
    received.arguments[0].append(2)
    with pytest.raises(NotPlain, match="a set"):
        codec.encode_reply(received, {1})
    assert codec.decode_reply(arrived(codec.encode_reply(received, "a set")), sent) == "a set"
    assert x == [1, 2]


# ---- objects that stay, functions that are lent ----


def round_trip_kept(*objects):
    kept = []

    def keep(value):
        kept.append(value)
        return len(kept) - 1

    return codec.decode(arrived(codec.encode(list(objects), keep=keep)))


def test_a_kept_object_comes_back_as_itself():
    kept = {}

    def keep(value):
        kept[len(kept)] = value
        return len(kept) - 1

    cache = {1, 2}
    strange = np.array([None])
    sent = codec.encode_call("f", [])
    received = codec.decode_call(arrived(sent.frame))
    one, other, array = codec.decode_reply(
        arrived(codec.encode_reply(received, [cache, cache, strange], keep=keep)), sent
    )
    assert one is other
    assert repr(one) == "Handle(number=0, kind='a set')"
    assert array.kind == "an array of objects"
    assert one == Handle(0) != array
    assert not callable(one)

    held = {"cache": one}
    sent = codec.encode_call("f", [held, one])
    received = codec.decode_call(arrived(sent.frame), resolve=kept.__getitem__)
    assert received.arguments[0]["cache"] is received.arguments[1] is cache
    reply = codec.encode_reply(received, [received.arguments[1]], keep=keep)
    assert codec.decode_reply(arrived(reply), sent) == [one]
    assert held["cache"] is one
    assert len(kept) == 2

    with pytest.raises(ProtocolError, match="kept"):
        codec.decode(arrived(codec.encode(Handle(7))), resolve=kept.__getitem__)
    with pytest.raises(ProtocolError):
        codec.decode(arrived(codec.encode(Handle(0))))


def test_a_lent_function_is_called_back_and_comes_back_as_itself():
    """Two processes in one: a gradient check calls the caller's function on the callee's arrays."""
    lent = []

    def lend(function):
        lent.append(function)
        return len(lent) - 1

    def add_one(x):
        x += 1
        return x

    def borrow(number):
        def borrowed(*arguments):
            outward = codec.encode_call(number, arguments)
            inward = codec.decode_call(arrived(outward.frame))
            reply = codec.encode_reply(inward, lent[inward.function](*inward.arguments))
            return codec.decode_reply(arrived(reply), outward)

        return borrowed

    x = np.zeros(3)
    options = {"function": add_one}
    sent = codec.encode_call("f", [add_one, x, options], lend=lend)
    received = codec.decode_call(arrived(sent.frame), borrow=borrow)
    function, inside, inner = received.arguments
    assert inner["function"] is function
    assert function(inside) is inside
    assert (inside == 1).all()
    result = codec.decode_reply(arrived(codec.encode_reply(received, [function, inside])), sent)
    assert result[0] is add_one
    assert result[1] is x
    assert (x == 1).all()
    assert options == {"function": add_one}
    assert len(lent) == 1
    with pytest.raises(ProtocolError):
        codec.decode_call(arrived(sent.frame))


def test_frames_cross_a_pipe_that_takes_little_at_a_time():
    source, sink = os.pipe()
    value = [np.arange(300_000), "text"]
    writer = threading.Thread(
        target=lambda: (codec.send(codec.encode(value), lambda part: os.write(sink, part[:5000])), os.close(sink))
    )
    writer.start()
    try:
        assert same(codec.decode(codec.receive(lambda n: os.read(source, min(n, 3000)))), value)
        with pytest.raises(Closed):
            codec.receive(lambda n: os.read(source, n))
    finally:
        writer.join()
        os.close(source)


# ---- hostile bytes ----

VALID = [
    joined(codec.encode([None, True, -5, 1.5, math.inf, "text", (1, 2), {1: [2], (1, None): 3}, np.float32(3)])),
    joined(codec.encode([np.arange(6.0).reshape(2, 3), np.zeros((0, 2)), np.array([True]), np.random.default_rng(0)])),
]


def caller():
    """Make the arguments of a call, the call, and a valid reply to it."""
    x = np.arange(6.0).reshape(2, 3)
    arguments = [
        x,
        x[:1],
        {"flag": np.array([True, False]), "list": [1, [2]]},
        np.random.default_rng(0),
        x[:, ::2].copy()[:, :1],
    ]
    sent = codec.encode_call("f", arguments)
    received = codec.decode_call(arrived(sent.frame))
    received.arguments[0][0, 0] = 5
    received.arguments[2]["more"] = np.zeros(2)
    received.arguments[3].random()
    return arguments, sent, joined(codec.encode_reply(received, [received.arguments[0][:, :1], received.arguments[2]]))


def attack(content):
    """Decode hostile bytes as everything they could be; nothing but ProtocolError may come of it."""
    arguments, sent, _ = caller()
    before = copy.deepcopy(arguments)
    good = False
    for decode in (codec.decode, codec.decode_call, lambda frame: codec.decode_reply(frame, sent)):
        try:
            decode(received_bytes(content))
            good = True
        except ProtocolError:
            pass
    if not good:
        assert same(arguments, before), "a reply that is refused must change nothing"


@given(st.binary())
def test_any_bytes_raise_protocol_error(content):
    attack(content)
    attack(struct.pack("<4sI", b"brd1", len(content)) + content)


@given(st.sampled_from(VALID) | st.builds(lambda: caller()[2]), st.data())
def test_mutated_frames_raise_protocol_error(content, data):
    content = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    attack(bytes(content))


JUNK = [None, True, False, -1, 0, 1, 2**31, 2**63, 2**64, 10**600, -(10**600), 0.5, 1e308, "", "a", "r", "\0", "nan"]
JUNK += ["O", "|O", "|V8", "<M8[s]", "<U10", "|S1", "<f8", ">f8", "|b1", "<f16"]
JUNK += [[], [0], [[]], ["r", 0], ["l", -1], ["l", 0], ["a"], {}, {"a": 1}]


def replaced(node, junk):
    """Yield a JSON tree with every part in turn replaced by junk, left out, or doubled."""
    yield from junk
    if isinstance(node, list):
        for i, part in enumerate(node):
            for other in replaced(part, junk):
                yield [*node[:i], other, *node[i + 1 :]]
            yield node[:i] + node[i + 1 :]
            yield [*node[: i + 1], *node[i:]]


@pytest.mark.parametrize("which", [0, 1, "reply"])
def test_every_field_replaced_by_junk_raises_protocol_error(which):
    _, sent, reply = caller()
    content = reply if which == "reply" else VALID[which]
    length = struct.unpack("<4sI", content[:8])[1]
    header, blocks = json.loads(content[8 : 8 + length]), content[8 + length :]
    refused = accepted = 0
    for other in replaced(header, JUNK):
        hostile = json.dumps(other).encode()
        try:
            frame = received_bytes(struct.pack("<4sI", b"brd1", len(hostile)) + hostile + blocks)
            if which == "reply":
                codec.decode_reply(frame, sent)
            else:
                codec.decode(frame)
            accepted += 1
        except ProtocolError:
            refused += 1
    assert min(refused, accepted) > 100


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 20, -1])
def test_a_stream_that_ends_is_closed(cut):
    with pytest.raises(Closed):
        received_bytes(VALID[1][:cut])


def peak(attempt, message=None):
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match=message):
            attempt()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def one_array(block, *geometry):
    return forged("message", [len(block)] if block else [], ["a", 0 if block else None, *geometry, True], block)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"brd2" + bytes(4), "no frame"),
        (struct.pack("<4sI", b"brd1", 2**32 - 1), "too long"),
        (struct.pack("<4sI", b"brd1", 4 << 20), "ended"),
        (forged("message", [2**60], None), "out of range"),
        (forged("message", [64 << 20], None), "ended"),
        (forged("message", [1] * 10_000, None), "ended"),
        (forged("message", [0] * 10_001, None), "too many blocks"),
        (forged("message", [16 << 20] * 5, None), "too large"),
        (one_array(b"", 0, "<f8", [0, 2**60], [8, 8]), "MiB of arrays"),
        (one_array(bytes(8), 0, "<f8", [2**60], [0]), "MiB of arrays"),
        (one_array(bytes(8), 0, "<f8", [2**30] * 8, [0] * 8), "MiB of arrays"),
        (one_array(bytes(8), 0, "<f8", [(8 << 20) + 1], [0]), "MiB of arrays"),
        (forged("message", [1], ["t", *[["a", 0, 0, "|u1", [1 << 26], [0], True]] * 5], bytes(1)), "MiB of arrays"),
        (forged("message", [1], ["t", *[["a", 0, 0, "|u1", [1], [1], True]] * 10_001], bytes(1)), "10,000 arrays"),
        (forged("message", [], ["l", -1, 10**900]), "integer is too large"),
        (forged("message", [], ["r", 2**60]), "no known kind"),
        (forged("message", [], ["n", "<f8", "0" * 10**5]), "another size"),
    ],
    ids=range(17),
)
def test_claims_cost_nothing(content, message):
    def read(size):
        assert size <= 1 << 20, "read may set aside as much as it is asked for"
        return stream.read(size)

    stream = io.BytesIO(content)
    assert peak(lambda: codec.decode(codec.receive(read)), message) < 8 << 20


def header_only(text):
    return struct.pack("<4sI", b"brd1", len(text)) + text


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 4_000_000,
        b"[" * 60 + b"]" * 60,
        b"]" * 4_000_000,
        b'["message",[],[' + b"[]," * 1_300_000 + b"[]]]",
        b'["message",[],{' + b'"a":1,' * 600_000 + b'"a":1}]',
        b'["message",[],[' + b'"",' * 1_300_000 + b'""]]',
        b'["message",[],' + b"9" * 4_000_000 + b"]",
        b'["message",[],0.' + b"9" * 4_000_000 + b"]",
        b'["message",[],1e999999]',
        b'["message",[],NaN]',
        b'["message",[],[-Infinity]]',
        b'["message",[],"' + b"\\" * 3_999_999,
        b'["message",[],"\\ud800"]',
        b'["message",[],"\xed\xa0\x80"]',
        b'["message",[],"\xff"]',
        b'["message",[],"\n"]',
        b'\xef\xbb\xbf["message",[],1]',
        '["message",[],1]'.encode("utf-16"),
        b'["message",[],1]]',
        b'["massage",[],1]',
        b"",
    ],
    ids=range(21),
)
def test_json_bombs_are_refused_before_they_grow(text):
    start = time.process_time()
    with pytest.raises(ProtocolError):
        codec.decode(received_bytes(header_only(text)))
    assert time.process_time() - start < 2
    # The text, a copy and the counting; the trees would take twice as much and more.
    assert peak(lambda: codec.decode(received_bytes(header_only(text)))) < 60 << 20


@pytest.mark.parametrize("text", [b"[" * 10**6, b"[" * 42 + b"]" * 42, b"[]" * 250_000, b'["message",[],{}]'])
def test_depth_and_items_are_counted_before_json_is_parsed(text):
    with pytest.raises(ProtocolError, match="holds too much"):
        received_bytes(header_only(text))


class Bits(np.random.PCG64):
    pass


def test_a_kept_generator_is_a_handle_like_any_other():
    kept = [np.random.Generator(Bits(0))]
    handle = codec.decode(arrived(codec.encode(kept[0], keep=lambda thing: 0)))
    sent = codec.encode_call("f", [handle, [1]])
    received = codec.decode_call(arrived(sent.frame), resolve=kept.__getitem__)
    received.arguments[0].random()
    reply = codec.encode_reply(received, received.arguments, keep=lambda thing: 9)
    assert codec.decode_reply(arrived(reply), sent) == (handle, [1])


def test_no_dtype_but_numbers_is_accepted():
    for code in (
        "O",
        "|O",
        "|O8",
        "V8",
        "|V8",
        "M8[s]",
        "<M8[s]",
        "<m8",
        "U10",
        "<U2",
        "|S8",
        "f8,f8",
        "f8",
        "=f8",
        "d",
        "<f16",
        "<c32",
        "float",
        "",
    ):
        with pytest.raises(ProtocolError):
            message(["a", 0, 0, code, [1], [8], True], bytes(16))
        with pytest.raises(ProtocolError):
            message(["n", code, "00" * 8])
    assert message(["a", 0, 0, "<f8", [1], [8], True], bytes(8)) == [0]


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, [3], [8]),
        (1, [2], [8]),
        (-8, [2], [8]),
        (16, [1], [8]),
        (0, [2], [-8]),
        (0, [2], [9]),
        (8, [2, 2], [8, -8]),
        (0, [-1], [8]),
        (0, [2], [8, 8]),
        (0, [2], []),
        (0, [1] * 9, [8] * 9),
        (0, [True], [8]),
        (0, [1.0], [8]),
        (2**70, [1], [8]),
        (0, [2], [2**70]),
        (0, [2**70], [0]),
        ("0", [1], [8]),
        (0, [0], [8]),
    ],
)
def test_an_array_cannot_reach_beyond_its_block(offset, shape, strides):
    with pytest.raises(ProtocolError):
        message(["a", 0, offset, "<f8", shape, strides, True], bytes(16))


def test_strange_bools_are_refused():
    with pytest.raises(ProtocolError):
        message(["a", 0, 0, "|b1", [2], [1], True], b"\1\2")
    with pytest.raises(ProtocolError):
        message(["n", "|b1", "02"])
    flags = np.array([True, False])
    sent = codec.encode_call("f", [flags])
    with pytest.raises(ProtocolError):
        codec.decode_reply(received_bytes(forged("reply", [2], [[0], [], None], b"\0\2")), sent)
    assert flags.tolist() == [True, False]


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("PCG64", [[2**128, 1], 0, 0]),
        ("PCG64", [[1, 1], 2, 0]),
        ("PCG64", [[1, 1], 0, 2**32]),
        ("PCG64", [[1, 1], 0]),
        ("PCG64", [[1], 0, 0]),
        ("PCG64", [[-1, 1], 0, 0]),
        ("PCG64", [[1.0, 1], 0, 0]),
        ("PCG64", [1, 0, 0]),
        ("PCG64", None),
        ("MT19937", [[[0] * 624, 625]]),
        ("MT19937", [[[0] * 624, -1]]),
        ("MT19937", [[[0] * 623, 1]]),
        ("MT19937", [[[2**32] * 624, 1]]),
        ("Philox", [[[0] * 4, [0] * 2], [0] * 4, 5, 0, 0]),
        ("Philox", [[[0] * 4, [0] * 2], [0] * 4, -1, 0, 0]),
        ("Philox", [[[0] * 4, [0] * 3], [0] * 4, 4, 0, 0]),
        ("SFC64", [[[2**64] * 4], 0, 0]),
        ("RandomState", [[1, 1], 0, 0]),
        ("BitGenerator", []),
        ("", []),
    ],
)
def test_a_generators_state_is_checked(name, state):
    with pytest.raises(ProtocolError):
        message(["g", -1, name, [state, None]])


def test_a_generator_cannot_become_another_kind():
    x, rng = np.zeros(1), np.random.default_rng(0)
    before = repr(rng.bit_generator.state)
    sent = codec.encode_call("f", [x, rng])
    body = [[0], [["g", 0, "SFC64", [[[[1] * 4], 0, 0], None]]], None]
    with pytest.raises(ProtocolError, match="another kind"):
        codec.decode_reply(received_bytes(forged("reply", [8], body, bytes(range(8)))), sent)
    assert (x[0], repr(rng.bit_generator.state)) == (0, before)


def test_keys_that_collide_are_refused():
    modulus = 2**61 - 1
    start = time.process_time()
    with pytest.raises(ProtocolError, match="collide"):
        message(["d", -1, *[part for i in range(60_000) for part in (i * modulus, 0)]])
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "body",
    [
        ["d", -1, 1, 1, 1, 2],
        ["d", -1, 1, 1, 1.0, 2],
        ["d", -1, 1, 1, True, 2],
        ["d", -1, 1],
        ["d", -1, ["l", -1], 1],
        ["d", -1, ["t", ["l", -1]], 1],
        ["d", 0, 1, 1],
        ["l", 0],
        ["l", True],
        ["l", -1.0],
        ["l"],
        ["r", 0],
        ["l", -1, ["r", 0]],
        ["f", "NaN"],
        ["f", 1],
        ["t", ["x"]],
        ["c", 0],
        ["H", 0],
        ["h", -1, "a set"],
        ["h", 1, "a\nset"],
        ["h", 1, "a" * 41],
        ["h", True, "a set"],
        [["l"]],
        [],
        {},
        10**640,
    ],
)
def test_nodes_that_are_none_are_refused(body):
    with pytest.raises(ProtocolError):
        message(body)


def test_references_cannot_multiply():
    """A few bytes must not stand for a list that takes for ever to walk through."""
    laughs = ["l", -1, ["l", -1, *[0] * 1000], *[["r", 1]] * 1000]
    with pytest.raises(ProtocolError, match="items"):
        message(laughs)
    inner = ["l", -1]
    for _ in range(25):
        inner = ["l", -1, inner]
    outer = ["r", 1]
    for _ in range(25):
        outer = ["t", outer]
    with pytest.raises(ProtocolError, match="nested"):
        message(["l", -1, inner, outer])


REPLIES = {
    "right": ([8 * 3], [[0], [["l", 0, 1]], None], bytes(24)),
    "no arguments": ([], [[], [], None], b""),
    "too many arguments": ([], [[], [["l", 0], ["l", -1]], None], b""),
    "a list twice": ([], [[], [["l", 0]], ["l", 0]], b""),
    "another type": ([], [[], [["d", 0]], None], b""),
    "a new list for the old": ([], [[], [["l", -1]], None], b""),
    "a reference for the list": ([], [[], [["r", 0]], None], b""),
    "a list in itself": ([], [[], [["l", 0, ["r", 0]]], None], b""),
    "an unknown block": ([24], [[1], [["l", 0]], None], bytes(24)),
    "a block twice": ([24, 24], [[0, 0], [["l", 0]], None], bytes(48)),
    "a block that is missing": ([], [[0], [["l", 0]], None], b""),
    "a longer block": ([25], [[0], [["l", 0]], None], bytes(25)),
    "a shorter block": ([23], [[0], [["l", 0]], None], bytes(23)),
    "true for a block": ([24], [[False], [["l", 0]], None], bytes(24)),
    "an array beyond": ([], [[], [["l", 0]], ["a", 0, 8, "<f8", [3], [8], True]], b""),
    "a block of nobody": ([], [[], [["l", 0]], ["a", 1, 0, "<f8", [1], [8], True]], b""),
    "an error at the end": ([24], [[0], [["l", 0, 5]], ["x"]], bytes(24)),
    "the wrong kind": ([], 5, b""),
}


@pytest.mark.parametrize("name", REPLIES)
def test_replies_that_do_not_fit_the_call_change_nothing(name):
    sizes, body, blocks = REPLIES[name]
    x, listed = np.ones(3), [7]
    sent = codec.encode_call("f", [x, listed])
    frame = received_bytes(forged("reply", sizes, body, blocks))
    if name == "right":
        codec.decode_reply(frame, sent)
        assert (x.tolist(), listed) == ([0, 0, 0], [1])
    else:
        with pytest.raises(ProtocolError):
            codec.decode_reply(frame, sent)
        assert (x.tolist(), listed) == ([1, 1, 1], [7])


def test_a_reply_cannot_point_at_memory_that_was_not_sent():
    table = np.arange(12.0).reshape(6, 2)
    given_away, secret = table[:, 0], table[:, 1]
    for arguments in ([given_away], [given_away, given_away[1:]]):
        sent = codec.encode_call("f", arguments)
        for offset in range(0, 96, 8):
            for steps in (8, 16, 0):
                body = [[], [], ["a", 0, offset, "<f8", [3], [steps], True]]
                try:
                    result = codec.decode_reply(received_bytes(forged("reply", [], body)), sent)
                except ProtocolError:
                    continue
                assert not np.shares_memory(result, secret)
                assert not set(result.tolist()) & set(secret.tolist())


def test_kinds_of_frames_are_not_taken_for_one_another():
    sent = codec.encode_call("f", [])
    with pytest.raises(ProtocolError):
        codec.decode(arrived(sent.frame))
    with pytest.raises(ProtocolError):
        codec.decode_call(arrived(codec.encode(1)))
    with pytest.raises(ProtocolError):
        codec.decode_reply(arrived(sent.frame), sent)


@pytest.mark.parametrize(
    "body",
    [
        [True, [], []],
        [None, [], []],
        [[1], [], []],
        [1, [], [["a", 1], ["a", 1]]],
        [1, [], [[1, 1]]],
        [1, []],
        [1, [], ["a"]],
    ],
)
def test_calls_that_are_none_are_refused(body):
    with pytest.raises(ProtocolError):
        codec.decode_call(received_bytes(forged("call", [], body)))


def test_limits_can_be_narrower():
    frame = codec.encode([np.zeros(10), [1, 2, 3]])
    for limits in (
        Limits(block_bytes=79),
        Limits(array_bytes=79),
        Limits(items=10),
        Limits(depth=1 - 1),
        Limits(arrays=0),
        Limits(header_bytes=10),
    ):
        with pytest.raises(ProtocolError):
            codec.decode(arrived(frame, limits), limits=limits)
        with pytest.raises(NotPlain):
            codec.encode([np.zeros(10), [1, 2, 3]], limits=limits)
    assert same(round_trip([np.zeros(10), [1, 2, 3]]), [np.zeros(10), [1, 2, 3]])


def test_the_border_works_elsewhere_and_alone():
    """The sandbox holds the folder under another name, and of everything else only NumPy."""
    code = "import sys; sys.path = [sys.argv[1], *sys.path[1:]]; from guest import codec; codec.encode(1)"
    code += "; assert not [name for name in sys.modules if name.startswith('autograder')]"
    folder = Path(codec.__file__).parent.parent
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, cwd=folder)


@pytest.mark.parametrize("name", ["codec", "framing", "array_views", "rng_states", "rpc"])
def test_the_border_needs_nothing_but_numpy_and_never_pickles(name):
    source = Path(codec.__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0}
    imported |= {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    assert {name.split(".")[0] for name in imported} <= {"numpy", *sys.stdlib_module_names}
    for word in ("pickle", "eval(", "exec(", "as_strided", "ctypes", "np.load"):
        assert word not in source


@pytest.mark.parametrize("entropy", [7, [1, 2, 3], 2**200])
def test_a_generators_children_are_those_it_has_at_home(entropy):
    rng = np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(4,)))
    rng.spawn(2)
    there = round_trip(rng)
    assert [child.random() for child in there.spawn(3)] == [child.random() for child in rng.spawn(3)]


def test_children_that_a_call_spawned_are_spawned():
    rng, same = np.random.default_rng(5), np.random.default_rng(5)
    call(lambda generator: [child.random() for child in generator.spawn(3)], rng)
    same.spawn(3)
    assert rng.spawn(1)[0].random() == same.spawn(1)[0].random()


@pytest.mark.parametrize("seeds", [0, [], [1], [-1, [], 0], [1, [], -1], ["1", [], 0], [1, [2**2000], 0], [1, 2, 0]])
def test_a_generators_seeds_are_checked(seeds):
    state = codec.rng_states.pack(np.random.PCG64(1))[0]
    message(["g", -1, "PCG64", [state, None]])
    with pytest.raises(ProtocolError):
        message(["g", -1, "PCG64", [state, seeds]])
