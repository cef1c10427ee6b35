"""What paddle.load makes of what a pickle held: name table, slices, pairs, element types."""

import struct

from case import Case
from pickles import (
    A,
    B,
    NONE,
    ORDERED_DICT,
    TRUE,
    array,
    call,
    data,
    dict_of,
    element_type,
    fill,
    integer,
    list_of,
    program,
    real,
    set_of,
    text,
    tuple_of,
)


def paddle_cases():
    """What paddle.load makes of what the pickle held: name table, slices, pairs."""

    def case(name, root):
        return Case("paddle state dicts", name, "paddle", ".pdparams", program(root, 4))

    one, two = array(), array(B)
    half = array(struct.pack("<2H", 0x3F80, 0x4000), (2,), element_type("u2"))
    table, slices = "StructuredToParameterName@@", "UnpackBigParamInfor@@"
    pair = tuple_of(text("linear_0.w_0"), one)

    def sliced(info, *parts):
        return dict_of(*parts, (slices, dict_of(("w", info))))

    parts = ("w@@.0", one), ("w@@.1", two)
    good = dict_of(("OriginShape", tuple_of(integer(2), integer(4))), ("slices", list_of(text("w@@.0"), text("w@@.1"))))
    yield from (
        case(*row)
        for row in [
            ("table", dict_of(("w", one), (table, dict_of(("w", text("p0")))))),
            ("table, bfloat16", dict_of(("w", half), (table, dict_of(("w", text("p0")))))),
            ("table lacks one", dict_of(("w", half), ("b", half), (table, dict_of(("w", text("p0")))))),
            ("table empty", dict_of(("w", half), (table, dict_of()))),
            ("table names another", dict_of(("w", one), (table, dict_of(("x", text("p0")))))),
            ("table no dict", dict_of(("w", one), (table, list_of()))),
            ("table None", dict_of(("w", one), (table, NONE))),
            ("table first", dict_of((table, dict_of(("w", text("p0")))), ("w", half))),
            ("table OrderedDict", dict_of(("w", half), (table, ORDERED_DICT + fill(("w", text("p0")))))),
            ("table of numbers", dict_of(("w", half), (table, dict_of(("w", integer(1)))))),
            ("table, number as a key", dict_of((integer(1), half), (table, dict_of((integer(1), text("p")))))),
            ("table below", dict_of(("m", dict_of(("w", half), (table, dict_of(("w", text("p")))))))),
            ("table, pair", dict_of(("w", pair), (table, dict_of(("w", text("p0")))))),
            ("table, nested", dict_of(("m", dict_of(("w", half))), (table, dict_of(("m", text("p0")))))),
            ("table, a tensor inside", dict_of(("w", one), (table, dict_of(("w", two))))),
            ("table in an OrderedDict", ORDERED_DICT + fill(("w", half), (table, dict_of(("w", text("p0")))))),
            ("pair", dict_of(("w", pair))),
            ("pair and array", dict_of(("w", pair), ("b", half))),
            ("pair of a number", dict_of(("w", tuple_of(integer(1), one)), ("b", half))),
            ("pair of None", dict_of(("w", tuple_of(NONE, one)), ("b", half))),
            ("pair of bytes", dict_of(("w", tuple_of(data(b"x"), one)), ("b", half))),
            ("pair in a list", dict_of(("w", list_of(pair, half)))),
            ("pair as a list", dict_of(("w", list_of(text("x"), one)), ("b", half))),
            ("pair swapped", dict_of(("w", tuple_of(one, text("x"))), ("b", half))),
            ("pair of three", dict_of(("w", tuple_of(text("x"), one, one)), ("b", half))),
            ("pair by tuple()", dict_of(("w", call("builtins.tuple", tuple_of(text("x"), one))), ("b", half))),
            ("pair of pairs", dict_of(("w", tuple_of(text("x"), pair)), ("b", half))),
            ("pair as the root", pair),
            ("pair in a tuple", dict_of(("w", tuple_of(pair, half)))),
            ("pair in an OrderedDict", dict_of(("w", ORDERED_DICT + fill(("x", pair))), ("b", half))),
            ("pair in a set", dict_of(("w", set_of(text("x"))), ("b", half))),
            ("pair with a 0-d array", dict_of(("w", tuple_of(text("x"), array(A[:4], ()))))),
            (
                "pair with a scalar",
                dict_of(("w", tuple_of(text("x"), call("numpy.core.multiarray.scalar", element_type(), data(A[:4])))), ("b", half)),
            ),
            ("pair with an empty name", dict_of(("w", tuple_of(text(""), one)))),
            ("pair below a tuple", dict_of(("w", tuple_of(dict_of(("x", pair)), half)))),
            ("slices", sliced(good, *parts)),
            ("slices, order", sliced(dict_of(("OriginShape", tuple_of(integer(8))), ("slices", list_of(text("w@@.1"), text("w@@.0")))), *parts)),
            (
                "slices, shape -1",
                sliced(dict_of(("OriginShape", tuple_of(integer(-1), integer(2))), ("slices", list_of(text("w@@.0"), text("w@@.1")))), *parts),
            ),
            ("slices, shape a number", sliced(dict_of(("OriginShape", integer(8)), ("slices", list_of(text("w@@.0"), text("w@@.1")))), *parts)),
            (
                "slices, shape a list",
                sliced(dict_of(("OriginShape", list_of(integer(8))), ("slices", list_of(text("w@@.0"), text("w@@.1")))), *parts),
            ),
            (
                "slices, shape too small",
                sliced(dict_of(("OriginShape", tuple_of(integer(4))), ("slices", list_of(text("w@@.0"), text("w@@.1")))), *parts),
            ),
            ("slices, one twice", sliced(dict_of(("OriginShape", tuple_of(integer(8))), ("slices", list_of(text("w@@.0"), text("w@@.0")))), *parts)),
            ("slices, one missing", sliced(good, parts[0])),
            ("slices, none", sliced(dict_of(("OriginShape", tuple_of(integer(0))), ("slices", list_of())), ("b", one))),
            ("slices, a tuple", sliced(dict_of(("OriginShape", tuple_of(integer(8))), ("slices", tuple_of(text("w@@.0"), text("w@@.1")))), *parts)),
            ("slices, no shape", sliced(dict_of(("slices", list_of(text("w@@.0")))), *parts)),
            ("slices, other dtype", sliced(good, parts[0], ("w@@.1", array(B, (4,), element_type("i4"))))),
            ("slices, of two axes", sliced(good, ("w@@.0", array(A, (2, 2))), ("w@@.1", array(B, (2, 2))))),
            ("slices, of unlike axes", sliced(good, parts[0], ("w@@.1", array(B, (2, 2))))),
            ("slices, w is there", sliced(good, ("w", two), *parts)),
            ("slices empty", dict_of(("w", one), (slices, dict_of()))),
            ("slices None", dict_of(("w", one), (slices, NONE))),
            ("slices, others share a part", dict_of(*parts, (slices, dict_of(("w", good), ("x", good))))),
            ("slices, big-endian", sliced(good, parts[0], ("w@@.1", array(B, (4,), element_type("f4", ">"))))),
            ("slices below", dict_of(("m", sliced(good, *parts)))),
            ("slices, the table too", dict_of(*parts, (slices, dict_of(("w", good))), (table, dict_of(("w", text("p")))))),
            (
                "slices, more keys",
                sliced(dict_of(("OriginShape", tuple_of(integer(8))), ("slices", list_of(text("w@@.0"), text("w@@.1"))), ("x", one)), *parts),
            ),
            ("slices in an OrderedDict", ORDERED_DICT + fill(*parts, (slices, dict_of(("w", good))))),
            ("slices, a part is a list", sliced(good, parts[0], ("w@@.1", list_of(real(1.0))))),
            ("slices, 0-d parts", sliced(good, ("w@@.0", array(A[:4], ())), ("w@@.1", array(B[:4], ())))),
            (
                "slices, shape True",
                sliced(dict_of(("OriginShape", tuple_of(TRUE, integer(8))), ("slices", list_of(text("w@@.0"), text("w@@.1")))), *parts),
            ),
            ("a list of arrays", list_of(one, half)),
            ("an array", half),
            ("a tuple of arrays", tuple_of(one, half)),
            ("nested", dict_of(("m", list_of(dict_of(("w", half)), tuple_of(half))))),
            ("two of one name", dict_of(("a.b", one), ("a", dict_of(("b", two))))),
            ("number keys", dict_of((integer(0), one), (integer(1), half))),
            ("key True", dict_of((TRUE, one))),
            *(
                (f"dtype {code} {order}", dict_of(("w", array(A, (16 // int(code[1:]),), element_type(code, order)))))
                for code in ("b1", "i1", "u1", "i2", "u2", "f2", "i4", "u4", "f4", "i8", "u8", "f8", "c8", "c16")
                for order in "<>|="
            ),
        ]
    )
