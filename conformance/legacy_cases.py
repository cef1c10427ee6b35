"""Files as torch.save wrote them before 1.6: the pickles, storages, keys of views."""

import struct

from case import Case
from pickles import A, B, FALSE, call, dict_of, integer, list_of, named, program, text, tuple_of

MAGIC = b"\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."


SYSTEM = program(
    dict_of(
        ("protocol_version", integer(1001)),
        ("little_endian", b"\x88"),
        ("type_sizes", dict_of(("short", integer(2)), ("int", integer(4)), ("long", integer(4)))),
    )
)


def legacy_storage(key, kind="torch.FloatStorage", count=4, view=None, location="cpu"):
    return tuple_of(text("storage"), named(kind), text(key), text(location), integer(count), view or b"N") + b"Q"


def over(one, size=4, offset=0):
    return call(
        "torch._utils._rebuild_tensor_v2", one, integer(offset), tuple_of(integer(size)), tuple_of(integer(1)), FALSE, call("collections.OrderedDict")
    )


def view(key, offset, size):
    return tuple_of(text(key), integer(offset), integer(size))


def part(key, offset, size):
    """Of the eight elements of storage "s", as a view."""
    return over(legacy_storage("s", count=8, view=view(key, offset, size)))


def legacy(
    *pairs, keys=("s",), data=(A,), count=None, magic=MAGIC, version=program(integer(1001)), system=SYSTEM, key_list=None, tail=b"", root=None
):
    body = magic + version + system + program(root or dict_of(*pairs)) + (key_list or program(list_of(*map(text, keys))))
    for raw in data:
        body += struct.pack("<q", len(raw) // 4 if count is None else count) + raw
    return body + tail


def legacy_cases():
    one, two = legacy_storage("s"), legacy_storage("t")
    both = {"keys": ("s", "t"), "data": (A, B)}
    eight = A + B
    rows = {
        "one": legacy(("a", over(one))),
        "two": legacy(("a", over(one)), ("b", over(two)), **both),
        "two, keys turned": legacy(("a", over(one)), ("b", over(two)), keys=("t", "s"), data=(A, B)),
        "key not listed": legacy(("a", over(one)), ("b", over(two))),
        "key listed twice": legacy(("a", over(one)), keys=("s", "s"), data=(A, B)),
        "key that nobody uses": legacy(("a", over(one)), **both),
        "count of another size": legacy(("a", over(one)), count=3),
        "count too large": legacy(("a", over(one)), count=5, tail=b"\0" * 4),
        "count negative": legacy(("a", over(one)), count=-1),
        "storage of 5": legacy(("a", over(legacy_storage("s", count=5)))),
        "bytes behind": legacy(("a", over(one)), tail=b"tail"),
        "cut": legacy(("a", over(one)))[:-1],
        "no keys": legacy(("a", over(one)), keys=(), data=()),
        "keys a tuple": legacy(("a", over(one)), key_list=program(tuple_of(text("s")))),
        "keys a dict": legacy(("a", over(one)), key_list=program(dict_of(("s", integer(1))))),
        "keys a text": legacy(("a", over(one)), key_list=program(text("s"))),
        "keys with None": legacy(("a", over(one)), key_list=program(list_of(b"N", text("s")))),
        "version 1000": legacy(("a", over(one)), version=program(integer(1000))),
        "version 1001.0": legacy(("a", over(one)), version=program(b"G" + struct.pack(">d", 1001))),
        "version as LONG1": legacy(("a", over(one)), version=program(b"\x8a\2\xe9\3")),
        "version as a text": legacy(("a", over(one)), version=program(text("1001"))),
        "system big": legacy(("a", over(one)), system=program(dict_of(("little_endian", b"\x89")))),
        "system None": legacy(("a", over(one)), system=program(b"N")),
        "system a list": legacy(("a", over(one)), system=program(list_of())),
        "system with a storage": legacy(("a", over(one)), system=program(dict_of(("x", one)))),
        "magic as LONG": legacy(("a", over(one)), magic=b"L119547037146038801333356L\n."),
        "magic as INT": legacy(("a", over(one)), magic=b"I119547037146038801333356\n."),
        "magic as LONG4": legacy(("a", over(one)), magic=b"\x8b\x0a\0\0\0\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."),
        "magic in protocol 4": legacy(("a", over(one)), magic=b"\x80\4" + MAGIC[2:]),
        "magic off by one": legacy(("a", over(one)), magic=MAGIC.replace(b"\x6c", b"\x6d")),
        "magic longer": legacy(("a", over(one)), magic=b"\x80\2\x8a\x0b\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\0."),
        "magic after POP": legacy(("a", over(one)), magic=b"\x80\2N0" + MAGIC[2:]),
        "view": legacy(("a", part("v", 2, 4)), data=(eight,)),
        "view of all": legacy(("a", over(legacy_storage("s", view=view("v", 0, 4))))),
        "view beyond": legacy(("a", part("v", 6, 4)), data=(eight,)),
        "view negative": legacy(("a", part("v", -4, 4)), data=(eight,)),
        "view of -1": legacy(("a", part("v", 2, -1)), data=(eight,)),
        "view too small": legacy(("a", part("v", 2, 2)), data=(eight,)),
        "two views": legacy(("a", part("v", 0, 4)), ("b", part("w", 4, 4)), data=(eight,)),
        "two views of one key": legacy(("a", part("v", 0, 4)), ("b", part("v", 4, 4)), data=(eight,)),
        "two views of one key, turned": legacy(("b", part("v", 4, 4)), ("a", part("v", 0, 4)), data=(eight,)),
        "one view twice": legacy(("a", part("v", 4, 4)), ("b", part("v", 4, 4)), data=(eight,)),
        "view with the storage's key": legacy(("a", part("s", 4, 4)), data=(eight,)),
        "view with another storage's key": legacy(("b", over(two)), ("a", over(legacy_storage("s", view=view("t", 0, 4)))), **both),
        "view with a later storage's key": legacy(("a", over(legacy_storage("s", view=view("t", 0, 4)))), ("b", over(two)), **both),
        "view and storage of one key": legacy(
            ("a", part("v", 4, 4)), ("b", over(legacy_storage("v"))), data=(eight,)
        ),
        "view in one of two roots": legacy(
            ("a", over(legacy_storage("s", view=view("v", 0, 4)))), ("b", over(legacy_storage("t", view=view("v", 0, 4)))), **both
        ),
        "view whose key is listed": legacy(("a", part("v", 0, 4)), keys=("s", "v"), data=(eight, B)),
        "view as a list": legacy(("a", over(legacy_storage("s", view=list_of(text("v"), integer(0), integer(4)))))),
        "view of two": legacy(("a", over(legacy_storage("s", view=tuple_of(text("v"), integer(0)))))),
        "view key a number": legacy(("a", over(legacy_storage("s", view=tuple_of(integer(1), integer(0), integer(4)))))),
        "view False": legacy(("a", over(legacy_storage("s", view=FALSE)))),
        "view ()": legacy(("a", over(legacy_storage("s", view=tuple_of())))),
        "one storage as two types of one size": legacy(("a", over(one)), ("b", over(legacy_storage("s", "torch.IntStorage")))),
        "one storage as two types": legacy(("a", over(one)), ("b", over(legacy_storage("s", "torch.HalfStorage"), 8))),
        "one storage as two types of the same bytes": legacy(("a", over(one)), ("b", over(legacy_storage("s", "torch.HalfStorage", 8), 8))),
        "one storage of two counts": legacy(("a", over(one)), ("b", over(legacy_storage("s", count=2), 2))),
        "views of two types": legacy(
            ("a", part("v", 0, 4)),
            ("b", over(legacy_storage("s", "torch.IntStorage", 8, view("v", 0, 4)))),
            data=(eight,),
        ),
        "view of another type": legacy(
            ("a", over(legacy_storage("s", count=8))), ("b", over(legacy_storage("s", "torch.HalfStorage", 16, view("v", 4, 4)))), data=(eight,)
        ),
        "UntypedStorage": legacy(("a", over(legacy_storage("s", "torch.storage.UntypedStorage", 16)))),
        "no view member": legacy(("a", over(tuple_of(text("storage"), named("torch.FloatStorage"), text("s"), text("cpu"), integer(4)) + b"Q"))),
        "key a number": legacy(
            ("a", over(tuple_of(text("storage"), named("torch.FloatStorage"), integer(0), text("cpu"), integer(4), b"N") + b"Q")),
            key_list=program(list_of(integer(0))),
        ),
        "key a number, listed as a text": legacy(
            ("a", over(tuple_of(text("storage"), named("torch.FloatStorage"), integer(0), text("cpu"), integer(4), b"N") + b"Q")),
            key_list=program(list_of(text("0"))),
        ),
        "module": legacy(("a", over(one)), ("m", tuple_of(text("module"), named("collections.OrderedDict"), b"N", b"N") + b"Q")),
        "module with a source": legacy(
            ("a", over(one)), ("m", tuple_of(text("module"), named("collections.OrderedDict"), text("f.py"), text("x")) + b"Q")
        ),
        "location meta": legacy(("a", over(legacy_storage("s", location="meta")))),
        "location cuda:0": legacy(("a", over(legacy_storage("s", location="cuda:0")))),
        "location nothing": legacy(("a", over(legacy_storage("s", location="nothing")))),
        "storage below set": legacy(("a", over(one)), ("x", b"\x8f(" + over(two) + b"\x90"), **both),
        "a storage of no tensor": legacy(("a", over(one)), ("x", two), **both),
        "root a list": legacy(root=list_of(over(one))),
        "root a tensor": legacy(root=over(one)),
        "double": legacy(("a", over(legacy_storage("s", "torch.DoubleStorage", 2), 2)), count=2),
        "tensor beyond": legacy(("a", over(one, 5))),
        "tensor at an offset": legacy(("a", over(one, 2, 2))),
        "two files in a row": legacy(("a", over(one)), tail=legacy(("b", over(two)), keys=("t",), data=(B,))),
    }
    for name, raw in rows.items():
        yield Case("torch legacy", name, "torch", ".pt", raw)
