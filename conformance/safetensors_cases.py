"""Headers of safetensors files."""

import json
import struct

from case import Case
from pickles import A, B


def safetensors_cases():
    def case(name, header, raw=A, *, size=None, pad=b""):
        text_of = header if isinstance(header, bytes) else json.dumps(header).encode()
        return Case("safetensors", name, "safetensors", ".safetensors", struct.pack("<Q", pick(size, len(text_of + pad))) + text_of + pad + raw)

    def pick(value, otherwise):
        return otherwise if value is None else value

    def one(**changes):
        return {"dtype": "F32", "shape": [4], "data_offsets": [0, 16], **changes}

    yield case("plain", {"w": one()})
    for pad in (b" ", b"   ", b"\n", b"\t", b"\0", b"\r\n", b"x", b"{}", b"\x0c"):
        yield case(f"header padded with {pad!r}", {"w": one()}, pad=pad)
    for before in (b" ", b"\n", b"\xef\xbb\xbf", b"\0"):
        yield case(f"header that begins with {before!r}", before + json.dumps({"w": one()}).encode())
    for dtype in (
        "F64",
        "F32",
        "F16",
        "BF16",
        "I64",
        "I32",
        "I16",
        "I8",
        "U64",
        "U32",
        "U16",
        "U8",
        "BOOL",
        "C64",
        "F8_E4M3",
        "F8_E5M2",
        "F8_E8M0",
        "F8_E4M3FNUZ",
        "F8_E5M2FNUZ",
        "F4",
        "F6_E2M3",
        "F6_E3M2",
        "f32",
        "float32",
        "",
        "C128",
        "F128",
        "I4",
        "U4",
        "E8M0",
    ):
        for count in (1, 2, 4, 8, 16, 32):
            yield case(f"dtype {dtype} of {count}", {"w": one(dtype=dtype, shape=[count])})
    for name, value in {
        "shape 4": {"shape": 4},
        "shape []": {"shape": [], "data_offsets": [0, 4]},
        "shape [-4]": {"shape": [-4]},
        "shape [4.0]": {"shape": [4.0]},
        "shape [true]": {"shape": [True]},
        "shape ['4']": {"shape": ["4"]},
        "shape null": {"shape": None},
        "shape [2, 2]": {"shape": [2, 2]},
        "shape [5]": {"shape": [5]},
        "offsets turned": {"data_offsets": [16, 0]},
        "offsets beyond": {"data_offsets": [0, 20]},
        "offsets too short": {"data_offsets": [0, 12]},
        "one offset": {"data_offsets": [0]},
        "three offsets": {"data_offsets": [0, 16, 16]},
        "offsets negative": {"data_offsets": [-1, 15]},
        "offsets of floats": {"data_offsets": [0.0, 16.0]},
        "another member": {"x": 1},
        "dtype null": {"dtype": None},
        "shape [2^64]": {"shape": [1 << 64]},
        "shape [2^63, 2]": {"shape": [1 << 63, 2]},
        "shape [0, 2^63]": {"shape": [0, 1 << 63], "data_offsets": [0, 0]},
    }.items():
        yield case(name, {"w": one(**value)}, b"" if value.get("data_offsets") == [0, 0] else A[:4] if "shape []" == name else A)
    for missing in ("dtype", "shape", "data_offsets"):
        yield case(f"no {missing}", {"w": {key: value for key, value in one().items() if key != missing}})
    member = json.dumps(one())
    texts = {
        "key twice": '{"w": %s, "w": %s}' % (member, member),
        "member twice": '{"w": {"dtype": "I32", "dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}',
        "shape twice": '{"w": {"dtype": "F32", "shape": [2], "shape": [4], "data_offsets": [0, 16]}}',
        "escaped key": '{"\\u0077": %s}' % member,
        "surrogates": '{"\\ud83d\\ude00": %s}' % member,
        "a lone surrogate": '{"\\ud83d": %s}' % member,
        "shape [4e0]": '{"w": {"dtype": "F32", "shape": [4e0], "data_offsets": [0, 16]}}',
        "shape [04]": '{"w": {"dtype": "F32", "shape": [04], "data_offsets": [0, 16]}}',
        "shape [+4]": '{"w": {"dtype": "F32", "shape": [+4], "data_offsets": [0, 16]}}',
        "shape [-0, 4]": '{"w": {"dtype": "F32", "shape": [-0, 4], "data_offsets": [0, 0]}}',
        "trailing comma": '{"w": %s,}' % member,
        "a comment": '{"w": %s /* x */}' % member,
        "single quotes": "{'w': %s}" % member,
        "an array": "[%s]" % member,
        "w null": '{"w": null}',
        "escaped member": '{"w": {"\\u0064type": "F32", "shape": [4], "data_offsets": [0, 16]}}',
        "key with a control": '{"\x01": %s}' % member,
        "escaped NUL": '{"\\u0000": %s}' % member,
        "no UTF-8": b'{"\xff": ' + member.encode() + b"}",
        "overlong UTF-8": b'{"\xc0\x80": ' + member.encode() + b"}",
        "empty key": '{"": %s}' % member,
        "escaped slash": '{"a\\/b": %s}' % member,
        "bad escape": '{"a\\qb": %s}' % member,
        "offsets [-0, 16]": '{"w": {"dtype": "F32", "shape": [4], "data_offsets": [-0, 16]}}',
        "a nested array in another member": '{"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16], "x": [[1, {"y": 2}]]}}',
        "an array for a tensor": '{"w": ["F32", [4], [0, 16]]}',
        "NaN": '{"w": %s, "__metadata__": {"x": NaN}}' % member,
    }
    for name, header in texts.items():
        yield case(name, header if isinstance(header, bytes) else header.encode("utf-8", "surrogatepass"), b"" if "[-0, 4]" in name else A)
    for name, metadata in {
        "metadata": {"format": "pt"},
        "metadata null": None,
        "metadata {}": {},
        "metadata of a number": {"x": 1},
        "metadata nested": {"x": {}},
        "metadata a list": [],
        "metadata a text": "x",
        "metadata of null": {"x": None},
    }.items():
        yield case(name, {"__metadata__": metadata, "w": one()})
        yield case(name + ", alone", {"__metadata__": metadata}, b"")
        yield case(name + ", last", {"w": one(), "__metadata__": metadata})
    yield case("metadata twice", b'{"__metadata__": {"a": "b"}, "__metadata__": {"c": "d"}, "w": %s}' % member.encode())
    yield case("metadata's key twice", b'{"__metadata__": {"a": "b", "a": "c"}, "w": %s}' % member.encode())
    yield case("nothing", {}, b"")
    yield case("nothing, and data", {}, A)
    two = {"a": one(), "b": one(data_offsets=[16, 32])}
    yield case("two", two, A + B)
    yield case("two turned", {"b": one(data_offsets=[16, 32]), "a": one()}, A + B)
    yield case("two of the same bytes", {"a": one(), "b": one()})
    yield case("two that overlap", {"a": one(), "b": one(data_offsets=[12, 28])}, (A + B)[:28])
    yield case("a gap", {"a": one(), "b": one(data_offsets=[20, 36])}, A + b"\0" * 4 + B)
    yield case("a gap before", {"a": one(data_offsets=[4, 20])}, b"\0" * 4 + A)
    yield case("bytes behind", {"a": one()}, A + b"x")
    yield case("cut", {"a": one()}, A[:-1])
    yield case("an empty one inside", {"a": one(), "b": one(shape=[0], data_offsets=[16, 16])})
    yield case("an empty one elsewhere", {"a": one(), "b": one(shape=[0], data_offsets=[8, 8])})
    yield case("an empty one beyond", {"a": one(), "b": one(shape=[0], data_offsets=[99, 99])})
    yield case("an empty one of [0, 9]", {"a": one(), "b": one(shape=[0, 9], data_offsets=[0, 0])})
    yield case("empty ones alone", {"b": one(shape=[0], data_offsets=[0, 0])}, b"")
    for size in (0, 1, 1 << 20, 1 << 62, (1 << 64) - 1, 100000001):
        yield case(f"header size {size}", {"w": one()}, size=size)
