"""Opcodes by which readers come to other values: numbers and texts as lines, memo, stack, frames, ends."""

import struct

from archives import torch_zip
from case import Case
from pickles import (
    A,
    B,
    BUILD,
    FALSE,
    NONE,
    ORDERED_DICT,
    STOP,
    TRUE,
    array,
    call,
    data,
    dict_of,
    element_type,
    fill,
    frozen_set_of,
    integer,
    list_of,
    named,
    real,
    set_of,
    storage,
    tensor,
    text,
    tuple_of,
)

INTEGERS = [
    "4",
    "04",
    "004",
    "010",
    "0x4",
    "0X4",
    "0b100",
    "0o4",
    "00",
    "01",
    "+4",
    "-4",
    " 4",
    "4 ",
    "\t4",
    "4L",
    "4l",
    "04L",
    "0x4L",
    "4LL",
    "",
    "-",
    "1_0",
    "4.0",
    "4\r",
    "-0",
    "--4",
    "0",
    "1e1",
    "99999999999999999999",
    "0x",
    "L",
    "\u0664",
    "4\0",
    "+010",
    "-010",
    "0_4",
    "2147483652",
    "4a",
    "+0",
    "- 4",
]


FLOATS = [
    "1.5",
    "1",
    "nan",
    "inf",
    "-inf",
    "infinity",
    "1e400",
    "1e-400",
    " 1",
    "1 ",
    "+1",
    "1_0",
    "0x1p3",
    "1d0",
    "",
    ".5",
    "5.",
    "1e",
    "1,5",
    "NaN",
    "Inf",
    "+nan",
    "nan(1)",
    "1.5\r",
    "1.5f",
    "--1",
    "1e+5",
    "\u0661",
    "1\0",
    "-0.0",
    "0x10",
    "1E5",
    ".",
]


QUOTED = [
    "'w'",
    '"w"',
    "w",
    "'w",
    "'w\"",
    "'a\\x62'",
    "'a\\142'",
    "'a\\8'",
    "'a\\777'",
    "'a\\u0041'",
    "'\\xe9'",
    "'\xe9'",
    "'a\\'b'",
    "'a'b'",
    "''",
    "'",
    "' w '",
    " 'w'",
    "'w' ",
    "'w'\r",
    "'a\\qb'",
    "'a\\\\b'",
    "'a\\",
    "'a\\x4'",
    "'a\\x4g'",
    "'a\\N{DIGIT ONE}'",
    "'a\\nb'",
    "'a\\\nb'",
    "'a\\0b'",
    "'a\\00b'",
    "'a\\0001'",
    "u'w'",
    "b'w'",
    "'a\\a\\b\\f\\v\\t\\r'",
    "'a\\?'",
    '"a\'b"',
    "'''w'''",
    "'\xc3\xa9'",
    "'\\xc3\\xa9'",
    "'w'\t",
    "\t'w'",
    "'a\\xE9\\XE9'",
]


RAW = [
    "w",
    "",
    " w ",
    "a\\u0041",
    "a\\\\u0041",
    "a\\\\\\u0041",
    "a\\U00000041",
    "a\\U00110000",
    "a\\u004",
    "a\\u",
    "a\\U",
    "a\\",
    "a\\\\",
    "a\\x41",
    "a\\n",
    "\xe9",
    "\xc3\xa9",
    "a\\ud800",
    "a\\ud83d\\ude00",
    "a\\U0001f600",
    "a\\u000a",
    "a\\N{DIGIT ONE}",
    "a\\\\\\\\u0041",
    "w\r",
    "a\\u00e9",
    "a\\U0000d800",
    "a\\u0000",
    "a\\uD83D",
    "a\\u 041",
    "a\\u+041",
    "a\\u0_41",
    "\\\\U00000041",
    "a\\U0000004",
]


NUMBERS_OF_MEMO = ["0", "00", "+0", " 0", "0 ", "1_0", "-1", "0x0", "", "0L", "0\r", "999999999999"]


def line_cases():
    """Opcodes whose operand is a line."""

    def raw(line):
        return line.encode("latin1", "replace") if isinstance(line, str) and all(ord(c) < 256 for c in line) else line.encode()

    def pickled(kind, name, value, key=None, rest=b""):
        return Case(f"pickle {kind}", name, "pickle", ".pdparams", dict_of((key or "w", value), *((("x", rest),) if rest else ())) + STOP)

    for line in INTEGERS:
        for opcode, code in (("INT", b"I"), ("LONG", b"L")):
            number = code + raw(line) + b"\n"
            shape = tuple_of(number)
            count = {"00": 0, "01": 1}.get(line)
            for bytes_left in sorted({4, 8, 16} | ({1} if count is not None else set())):
                numbers = element_type("u1") if bytes_left != 4 else element_type("u1")
                yield pickled(opcode + " as an extent", f"{line!r} of {bytes_left}", array(A[:bytes_left], tuple_of(number), numbers))
            yield pickled(opcode + " as a key", repr(line), array(), number)
            yield pickled(opcode + " beside", repr(line), array(), None, number)
            yield Case(
                f"torch {opcode} as an offset",
                repr(line),
                "torch",
                ".pt",
                torch_zip(
                    dict_of(
                        (
                            "w",
                            call(
                                "torch._utils._rebuild_tensor_v2", storage(), number, tuple_of(integer(1)), tuple_of(integer(1)), FALSE, ORDERED_DICT
                            ),
                        )
                    )
                    + STOP
                ),
            )
            del shape
    for line in FLOATS:
        yield pickled("FLOAT beside", repr(line), array(), None, b"F" + raw(line) + b"\n")
        yield pickled("FLOAT as a key", repr(line), integer(1), b"F" + raw(line) + b"\n", array())
    for line in QUOTED:
        yield pickled("STRING", repr(line), array(), b"S" + raw(line) + b"\n")
        yield Case("torch STRING", repr(line), "torch", ".pt", torch_zip(dict_of((b"S" + raw(line) + b"\n", tensor())) + STOP))
    for line in RAW:
        yield pickled("UNICODE", repr(line), array(), b"V" + raw(line) + b"\n")
        yield Case("torch UNICODE", repr(line), "torch", ".pt", torch_zip(dict_of((b"V" + raw(line) + b"\n", tensor())) + STOP))
    for line in NUMBERS_OF_MEMO:
        number = raw(line) + b"\n"
        yield pickled("PUT and BINGET", repr(line), array() + b"p" + number, None, b"h\0")
        yield pickled("PUT and GET", repr(line), array() + b"p" + number, None, b"g" + number)
        yield pickled("BINPUT and GET", repr(line), array() + b"q\0", None, b"g" + number)


def opcode_cases():
    """Opcodes by which readers come to other values: memo, stack, frames, texts by length, ends."""

    def pickled(name, body, oracle="pickle"):
        return Case("pickle opcodes", name, oracle, ".pdparams", body)

    one, two = array(), array(B)
    root = dict_of(("w", one), ("b", two))
    pairs = text("w") + one + text("b") + two
    yield from (
        pickled(*row)
        for row in [
            ("no PROTO", root + STOP),
            ("PROTO 0", b"\x80\0" + root + STOP),
            ("PROTO 5", b"\x80\5" + root + STOP),
            ("PROTO 6", b"\x80\6" + root + STOP),
            ("PROTO 255", b"\x80\xff" + root + STOP),
            ("PROTO twice", b"\x80\2\x80\4" + root + STOP),
            ("PROTO inside", b"}\x80\4" + fill(("w", one)) + STOP),
            ("DICT", b"(" + pairs + b"d."),
            ("DICT odd", b"(" + pairs + text("x") + b"d."),
            ("DICT twice a key", b"(" + text("w") + one + text("w") + two + b"d."),
            ("SETITEMS odd", b"}(" + pairs + text("x") + b"u."),
            ("SETITEM twice a key", b"}" + text("w") + one + b"s" + text("w") + two + b"s."),
            ("SETITEM twice a key, moved", b"}" + text("w") + one + b"s" + text("b") + two + b"s" + text("w") + two + b"s."),
            ("keys 1 and True", dict_of((integer(1), one), (TRUE, two)) + STOP),
            ("keys 1 and 1.0", dict_of((integer(1), one), (real(1.0), two)) + STOP),
            ("keys 0 and False", dict_of((FALSE, one), (integer(0), two)) + STOP),
            ("keys 1 and '1'", dict_of((integer(1), one), ("1", two)) + STOP),
            ("keys 0.0 and -0.0", dict_of((real(0.0), integer(1)), (real(-0.0), integer(1)), ("w", one)) + STOP),
            ("key True", dict_of((TRUE, one)) + STOP),
            ("key None", dict_of((NONE, one)) + STOP),
            ("key bytes", dict_of((data(b"w"), one)) + STOP),
            ("key a tuple", dict_of((tuple_of(text("w")), one)) + STOP),
            ("key 2^70", dict_of((integer(1 << 70), one)) + STOP),
            ("key -1", dict_of((integer(-1), one)) + STOP),
            ("keys text and byte string", dict_of(("w", one), (b"U\1w", two)) + STOP),
            ("keys bytes and text", dict_of((data(b"w"), integer(1)), ("w", one)) + STOP),
            ("LIST", b"(" + one + two + b"l."),
            ("list", list_of(one, two) + STOP),
            ("APPEND", b"]" + one + b"a" + two + b"a."),
            ("tuple", tuple_of(one, two) + STOP),
            ("TUPLE1", one + b"\x85."),
            ("TUPLE2", one + two + b"\x86."),
            ("TUPLE3", one + two + one + b"\x87."),
            ("an array", one + STOP),
            ("None", NONE + STOP),
            ("a text", text("w") + STOP),
            ("0", integer(0) + STOP),
            ("empty dict", b"}."),
            ("empty list", b"]."),
            ("empty tuple", b")."),
            ("nothing", b"."),
            ("STOP below others", one + root + STOP),
            ("STOP in a mark", b"(" + root + STOP),
            ("MARK left", b"}(" + pairs + b"u(0."),
            ("POP a mark", b"(0" + root + STOP),
            ("POP_MARK", b"(" + one + b"1" + root + STOP),
            ("POP_MARK without", one + b"1" + root + STOP),
            ("POP nothing", b"0" + root + STOP),
            ("POP", one + b"0" + root + STOP),
            ("DUP", one + b"2\x86."),
            ("DUP of a mark", b"(2" + root + STOP),
            ("DUP nothing", b"2."),
            ("MEMOIZE and BINGET", dict_of(("w", one + b"\x94"), ("b", b"h\0")) + STOP),
            ("BINPUT again", dict_of(("w", one + b"q\0"), ("x", two + b"q\0"), ("b", b"h\0")) + STOP),
            ("BINGET of nothing", dict_of(("w", b"h\7")) + STOP),
            ("LONG_BINGET", dict_of(("w", one + b"r\0\0\0\0"), ("b", b"j\0\0\0\0")) + STOP),
            ("LONG_BINPUT far", dict_of(("w", one + b"r\xff\xff\xff\x7f")) + STOP),
            ("MEMOIZE counts what PUT left", dict_of(("w", one + b"q\0"), ("x", two + b"\x94"), ("b", b"h\1")) + STOP),
            ("MEMOIZE over PUT 1", dict_of(("w", one + b"q\1"), ("x", two + b"\x94"), ("b", b"h\1")) + STOP),
            ("BINPUT of a mark", b"(q\0" + root + STOP),
            ("a dict that is filled after it was put in", b"}q\0" + text("m") + b"}q\1" + b"s0h\1" + fill(("w", one)) + b"0h\0."),
            ("a list that is filled after it was put in", b"}q\0" + text("m") + b"]q\1" + b"s0h\1(" + one + b"e0h\0."),
            ("a dict that is filled after a tuple took it", b"}q\0\x85q\1" + b"0h\0" + fill(("w", one)) + b"0h\1."),
            ("a list in itself", b"]q\0h\0a" + one + b"a."),
            ("a dict in itself", b"}q\0" + text("x") + b"h\0s" + fill(("w", one)) + STOP),
            (
                "an array that is changed after it was put in",
                b"}q\0" + text("w") + one + b"q\1s0h\1" + tuple_of(integer(1), tuple_of(integer(4)), element_type(), FALSE, data(B)) + b"b0h\0.",
            ),
            ("FRAME", b"\x80\4\x95" + struct.pack("<Q", len(root) + 1) + root + STOP),
            ("FRAME too short", b"\x80\4\x95" + struct.pack("<Q", 5) + root + STOP),
            ("FRAME too long", b"\x80\4\x95" + struct.pack("<Q", len(root) + 9) + root + STOP),
            ("FRAME of 0", b"\x80\4\x95" + struct.pack("<Q", 0) + root + STOP),
            ("FRAME in a frame", b"\x80\4\x95" + struct.pack("<Q", len(root) + 10) + b"\x95" + struct.pack("<Q", len(root) + 1) + root + STOP),
            ("FRAME at protocol 2", b"\x80\2\x95" + struct.pack("<Q", len(root) + 1) + root + STOP),
            ("FRAME ends inside", b"\x80\4\x95" + struct.pack("<Q", 20) + root + STOP),
            ("bytes behind", root + STOP + b"more"),
            ("no STOP", root),
            ("SHORT_BINUNICODE", dict_of((b"\x8c\1w", one)) + STOP),
            ("BINUNICODE8", dict_of((b"\x8d" + struct.pack("<Q", 1) + b"w", one)) + STOP),
            ("BINUNICODE of surrogates", dict_of((text("\ud800"), one)) + STOP),
            ("BINUNICODE, no UTF-8", dict_of((b"X\1\0\0\0\xff", one)) + STOP),
            ("BINUNICODE, overlong", dict_of((b"X\2\0\0\0\xc0\x80", one)) + STOP),
            ("BINUNICODE with NUL", dict_of(("a\0b", one)) + STOP),
            ("SHORT_BINSTRING", dict_of((b"U\1w", one)) + STOP),
            ("SHORT_BINSTRING of \\xe9", dict_of((b"U\1\xe9", one)) + STOP),
            ("BINSTRING", dict_of((b"T\1\0\0\0w", one)) + STOP),
            ("BINSTRING of -1", dict_of((b"T\xff\xff\xff\xffw", one)) + STOP),
            ("BINBYTES as a key", dict_of((b"B\1\0\0\0w", one)) + STOP),
            ("BYTEARRAY8", b"\x80\5" + dict_of(("w", one), ("x", b"\x96" + struct.pack("<Q", 1) + b"w")) + STOP),
            ("NEXT_BUFFER", b"\x80\5" + dict_of(("w", one), ("x", b"\x97")) + STOP),
            ("READONLY_BUFFER", b"\x80\5" + dict_of(("w", one), ("x", data(b"a") + b"\x98")) + STOP),
            ("BININT2", dict_of((b"M\1\2", one)) + STOP),
            ("BININT as shape", dict_of(("w", array(A, tuple_of(b"J\4\0\0\0")))) + STOP),
            ("LONG1 empty as a key", dict_of((b"\x8a\0", one)) + STOP),
            ("LONG1 not shortest", dict_of((b"\x8a\3\1\0\0", one), (integer(1), two)) + STOP),
            ("LONG1 -1, long", dict_of((b"\x8a\2\xff\xff", one), (integer(-1), two)) + STOP),
            ("LONG4", dict_of((b"\x8b\1\0\0\0\5", one)) + STOP),
            ("LONG4 of -1 bytes", dict_of((b"\x8b\xff\xff\xff\xff", one)) + STOP),
            ("BINFLOAT", dict_of(("w", one), ("x", real(float("nan")))) + STOP),
            ("PERSID", dict_of(("w", one), ("x", b"Pnothing\n")) + STOP),
            ("BINPERSID", dict_of(("w", one), ("x", text("a") + b"Q")) + STOP),
            ("EXT1", dict_of(("w", one), ("x", b"\x82\1")) + STOP),
            ("EXT4", dict_of(("w", one), ("x", b"\x84\1\0\0\0")) + STOP),
            ("STACK_GLOBAL", b"\x80\4" + dict_of(("w", one), ("x", b"\x8c\x0bcollections\x8c\x0bOrderedDict\x93)R")) + STOP),
            ("STACK_GLOBAL of byte strings", b"\x80\4" + dict_of(("w", one), ("x", b"U\x0bcollectionsU\x0bOrderedDict\x93)R")) + STOP),
            ("GLOBAL with a space", dict_of(("w", one), ("x", b"ccollections \nOrderedDict\n)R")) + STOP),
            ("GLOBAL with CR", dict_of(("w", one), ("x", b"ccollections\r\nOrderedDict\r\n)R")) + STOP),
            ("GLOBAL dotted", b"\x80\4" + dict_of(("w", one), ("x", b"cnumpy\n_core.multiarray._reconstruct\n")) + STOP),
            ("GLOBAL dotted, protocol 2", b"\x80\2" + dict_of(("w", one), ("x", b"cnumpy\n_core.multiarray._reconstruct\n")) + STOP),
            ("GLOBAL __builtin__ dict, protocol 2", b"\x80\2c__builtin__\ndict\n)R" + fill(("w", one)) + STOP),
            ("GLOBAL __builtin__ dict, protocol 4", b"\x80\4c__builtin__\ndict\n)R" + fill(("w", one)) + STOP),
            ("GLOBAL UserDict, protocol 2", b"\x80\2cUserDict\nUserDict\n)R" + STOP),
            ("REDUCE of a list", dict_of(("w", named("collections.OrderedDict") + b"]R"), ("b", two)) + STOP),
            ("EMPTY_SET", dict_of(("w", one), ("x", set_of(integer(1)))) + STOP),
            ("a set of arrays", dict_of(("w", one), ("x", set_of(two))) + STOP),
            ("FROZENSET", dict_of(("w", one), ("x", frozen_set_of(integer(1)))) + STOP),
            ("ADDITEMS to a list", dict_of(("w", one), ("x", b"](" + two + b"\x90")) + STOP),
            ("ADDITEMS to a dict", b"}(" + text("w") + one + b"\x90."),
            ("APPENDS to a set", dict_of(("w", one), ("x", b"\x8f(" + integer(1) + b"e")) + STOP),
            ("APPENDS to a dict", b"}(" + one + b"e."),
            ("APPENDS to a bytearray", dict_of(("w", one), ("x", call("builtins.bytearray") + b"(" + integer(1) + b"e")) + STOP),
            ("SETITEMS to a list", list_of(one) + b"(" + integer(0) + two + b"u."),
            ("SETITEMS to a list, -1", list_of(one, one) + b"(" + integer(-1) + two + b"u."),
            ("SETITEM to an array", dict_of(("w", one + integer(0) + real(9.0) + b"s")) + STOP),
            (
                "BUILD twice",
                dict_of(("w", one + tuple_of(integer(1), tuple_of(integer(2), integer(2)), element_type(), FALSE, data(B)) + BUILD)) + STOP,
            ),
            ("NONE as a root in a mark", b"(N."),
            ("two roots", root + two + STOP),
            ("an opcode that is none", root + b"\xf0."),
        ]
    )
