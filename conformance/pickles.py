"""Pickle programs, from their opcodes; and the two tensors of which the cases are made."""

import struct

PROTOCOL_2 = b"\x80\x02"
NONE, TRUE, FALSE = b"N", b"\x88", b"\x89"
REDUCE, NEWOBJ, NEWOBJ_EX, BUILD, STOP = b"R", b"\x81", b"\x92", b"b", b"."
PERSISTENT_ID = b"Q"

A = struct.pack("<4f", 1, 2, 3, 4)
B = struct.pack("<4f", 5, 6, 7, 8)


def text(value):
    data = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def data(value):
    return b"C" + bytes([len(value)]) + value


def integer(value):
    if 0 <= value < 256:
        return b"K" + bytes([value])
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def real(value):
    return b"G" + struct.pack(">d", value)


def tuple_of(*items):
    return b"(" + b"".join(items) + b"t" if items else b")"


def list_of(*items):
    return b"](" + b"".join(items) + b"e" if items else b"]"


def set_of(*items):
    return b"\x8f(" + b"".join(items) + b"\x90"


def frozen_set_of(*items):
    return b"(" + b"".join(items) + b"\x91"


def dict_of(*pairs):
    """Of (key, value); a key that is a str is a text."""
    return b"}" + fill(*pairs)


def fill(*pairs):
    """Puts pairs into the dict on top of the stack."""
    return b"(" + b"".join((text(key) if isinstance(key, str) else key) + value for key, value in pairs) + b"u" if pairs else b""


def named(name):
    """The global of "module.name", as GLOBAL."""
    module, _, last = name.rpartition(".")
    return b"c%s\n%s\n" % (module.encode(), last.encode())


def call(name, *arguments):
    return named(name) + tuple_of(*arguments) + REDUCE


def storage(key="0", kind="torch.FloatStorage", count=4, location="cpu"):
    return tuple_of(text("storage"), named(kind), text(key), text(location), integer(count)) + PERSISTENT_ID


def tensor(key="0", kind="torch.FloatStorage", shape=(4,), *, offset=0, strides=(1,), count=4, location="cpu", more=()):
    return call(
        "torch._utils._rebuild_tensor_v2",
        storage(key, kind, count, location),
        integer(offset),
        tuple_of(*map(integer, shape)),
        tuple_of(*map(integer, strides)),
        FALSE,
        call("collections.OrderedDict"),
        *more
    )


def element_type(code="f4", order="<"):
    return (
        call("numpy.dtype", text(code), FALSE, TRUE)
        + tuple_of(integer(3), text(order), NONE, NONE, NONE, integer(-1), integer(-1), integer(0))
        + BUILD
    )


def array(raw=A, shape=(4,), dtype=None, *, fortran=FALSE):
    shape = shape if isinstance(shape, bytes) else tuple_of(*map(integer, shape))
    return (
        call("numpy.core.multiarray._reconstruct", named("numpy.ndarray"), tuple_of(integer(0)), data(b"b"))
        + tuple_of(integer(1), shape, dtype or element_type(), fortran, data(raw))
        + BUILD
    )


def program(root, protocol=2):
    return bytes([0x80, protocol]) + root + STOP


ORDERED_DICT = call("collections.OrderedDict")
# Size and strides of a tensor of four elements.
NUMBERS = tuple_of(integer(4)), tuple_of(integer(1))
