"""Pickles as CPython's own pickler writes them, over objects whose classes need not be installed and payloads that are not in memory."""
import collections
import io
import struct

from tensor_values import write_piece

# An object that is named, not described: numpy's `ndarray`, torch's `FloatStorage`.
Global = collections.namedtuple("Global", "module name")


class Payload:
    """Bytes that `pieces`, an iterable of bytes-like objects and Holes, makes when their turn comes."""

    def __init__(self, size, pieces):
        self.size, self.pieces = size, pieces


class PersistentId:
    """An object that lies elsewhere, under `key`."""

    def __init__(self, key):
        self.key = key


class Call:
    """What `function` makes of `arguments`; then `items` are put into it and `state` is given to it. Pickled once: met again, the same
    Call is the same object."""

    def __init__(self, function, arguments, items=None, state=None):
        self.function, self.arguments, self.items, self.state = function, arguments, items, state


_BATCH = 1000
_FRAME = 65536


class PickleWriter:
    """Writes one value, of protocol 2 or 4, to a binary file. Dicts keep their order; texts, globals, bytes and Calls that occur again
    are fetched from the memo, as interned texts and shared objects are."""

    def __init__(self, file, protocol):
        self._file, self._protocol = file, protocol
        self._frame = io.BytesIO()
        self._memo = {}
        self._memos = 0

    def write(self, value):
        self._file.write(bytes([0x80, self._protocol]))
        self._save(value)
        self._frame.write(b".")
        self._close_frame()

    def _save(self, value):
        if self._protocol == 4 and self._frame.tell() >= _FRAME:
            self._close_frame()
        if isinstance(value, (str, bytes, Global, Call)) and value in self._memo:
            self._get(self._memo[value])
        else:
            getattr(self, "_save_" + type(value).__name__)(value)

    def _close_frame(self):
        frame = self._frame.getvalue()
        if self._protocol == 4 and len(frame) >= 4:
            self._file.write(b"\x95" + struct.pack("<Q", len(frame)))
        self._file.write(frame)
        self._frame = io.BytesIO()

    def _get(self, index):
        self._frame.write(struct.pack("<cB", b"h", index) if index < 256 else struct.pack("<cI", b"j", index))

    def _memoize(self, value=None):
        if value is not None:
            self._memo[value] = self._memos
        if self._protocol == 4:
            self._frame.write(b"\x94")
        else:
            self._frame.write(struct.pack("<cB", b"q", self._memos) if self._memos < 256 else struct.pack("<cI", b"r", self._memos))
        self._memos += 1

    def _save_NoneType(self, _):
        self._frame.write(b"N")

    def _save_bool(self, value):
        self._frame.write(b"\x88" if value else b"\x89")

    def _save_int(self, value):
        if 0 <= value < 1 << 8:
            self._frame.write(struct.pack("<cB", b"K", value))
        elif 0 <= value < 1 << 16:
            self._frame.write(struct.pack("<cH", b"M", value))
        elif -1 << 31 <= value < 1 << 31:
            self._frame.write(struct.pack("<ci", b"J", value))
        else:
            encoded = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            self._frame.write(struct.pack("<BB", 0x8A, len(encoded)) + encoded)

    def _save_float(self, value):
        self._frame.write(struct.pack(">cd", b"G", value))

    def _save_str(self, value):
        encoded = value.encode()
        if self._protocol == 4 and len(encoded) < 256:
            self._frame.write(struct.pack("<BB", 0x8C, len(encoded)) + encoded)
        else:
            self._frame.write(struct.pack("<cI", b"X", len(encoded)) + encoded)
        self._memoize(value)

    def _save_bytes(self, value):
        self._save_Payload(Payload(len(value), [value]))
        self._memo[value] = self._memos - 1

    def _save_Payload(self, value):
        assert self._protocol >= 3, "protocol 2 has no opcode for bytes"
        if value.size < 1 << 8:
            header = struct.pack("<cB", b"C", value.size)
        else:
            header = struct.pack("<cI", b"B", value.size) if value.size < 1 << 32 else struct.pack("<BQ", 0x8E, value.size)
        if value.size >= _FRAME:
            # Large bytes stand outside of frames.
            self._close_frame()
        target = self._file if value.size >= _FRAME else self._frame
        target.write(header)
        for piece in value.pieces:
            write_piece(target, piece)
        self._memoize()

    def _save_tuple(self, value):
        if len(value) > 3:
            self._frame.write(b"(")
        for member in value:
            self._save(member)
        self._frame.write([b")", b"\x85", b"\x86", b"\x87"][len(value)] if len(value) <= 3 else b"t")
        if value:
            self._memoize()

    def _save_list(self, value):
        self._frame.write(b"]")
        self._memoize()
        self._save_batches([(member,) for member in value], one=b"a", many=b"e")

    def _save_dict(self, value):
        self._frame.write(b"}")
        self._memoize()
        self._save_batches(list(value.items()), one=b"s", many=b"u")

    def _save_batches(self, rows, one, many):
        for begin in range(0, len(rows), _BATCH):
            batch = rows[begin:begin + _BATCH]
            if len(batch) > 1:
                self._frame.write(b"(")
            for row in batch:
                for member in row:
                    self._save(member)
            self._frame.write(many if len(batch) > 1 else one)

    def _save_Global(self, value):
        if self._protocol == 4:
            self._save(value.module)
            self._save(value.name)
            self._frame.write(b"\x93")
        else:
            self._frame.write(f"c{value.module}\n{value.name}\n".encode())
        self._memoize(value)

    def _save_PersistentId(self, value):
        self._save(value.key)
        self._frame.write(b"Q")

    def _save_Call(self, value):
        self._save(value.function)
        self._save(value.arguments)
        self._frame.write(b"R")
        self._memoize(value)
        if value.items is not None:
            self._save_batches(list(value.items.items()), one=b"s", many=b"u")
        if value.state is not None:
            self._save(value.state)
            self._frame.write(b"b")
