"""A file as torch 1.12's `torch.save` writes it: a zip of stored members, payloads at multiples of 64 (docs/spec/reference_pipeline.md E.2)."""
import io
import math
import struct
import zlib

from pickle_writer import Call, Global, PersistentId, PickleWriter
from tensor_values import Hole, Tensor, byte_size, element_count, write_piece

_ORDERED_DICT = Global("collections", "OrderedDict")
_STORAGES = {"float16": "HalfStorage", "float32": "FloatStorage", "int64": "LongStorage"}
_LIMIT = 0xFFFFFFFF


class _ZipWriter:
    def __init__(self, file):
        self._file = file
        self._offset = 0
        self._directory = []

    def _write(self, data):
        self._file.write(data)
        self._offset += len(data)

    def add(self, name, size, pieces):
        """A stored member whose first byte lies at a multiple of 64. Its CRC and size follow it; one that is a hole has
        no CRC, as torch writes it on request."""
        name = name.encode()
        begin = self._offset
        large = [number for number in (size, size, begin) if number >= _LIMIT]
        extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        padding = -(begin + 30 + len(name) + len(extra) + 4) % 64
        self._write(struct.pack("<IHHHHHIIIHH", 0x04034B50, 0, 0x0808, 0, 0, 0, 0, 0, 0, len(name), len(extra) + 4 + padding))
        self._write(name + extra + struct.pack("<2sH", b"FB", padding) + b"Z" * padding)
        crc = 0
        for piece in pieces:
            crc = 0 if isinstance(piece, Hole) else zlib.crc32(piece, crc)
            write_piece(self._file, piece)
        self._offset += size
        self._write(struct.pack("<IIQQ" if extra else "<IIII", 0x08074B50, crc, size, size))
        self._directory.append(
            struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0, 0, 0x0808, 0, 0, 0, crc, min(size, _LIMIT), min(size, _LIMIT), len(name),
                        len(extra), 0, 0, 0, 0, min(begin, _LIMIT)) + name + extra)

    def finish(self):
        begin = self._offset
        for entry in self._directory:
            self._write(entry)
        size, count, end = self._offset - begin, len(self._directory), self._offset
        self._write(struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 0x031E, 45, 0, 0, count, count, size, begin))
        self._write(struct.pack("<IIQI", 0x07064B50, 0, end, 1))
        self._write(struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, min(count, 0xFFFF), min(count, 0xFFFF), size, min(begin, _LIMIT), 0))


class _Storages:
    """Gives each tensor of a value a storage of its own, numbered in the order in which they are pickled."""

    def __init__(self, location):
        self._location = location
        self.tensors = []

    def replace(self, value):
        """`value` with a Call in the place of every Tensor."""
        if isinstance(value, Tensor):
            return self._rebuild(value)
        if isinstance(value, dict):
            return {key: self.replace(member) for key, member in value.items()}
        if isinstance(value, Call):
            return Call(value.function, value.arguments, items=self.replace(value.items), state=value.state)
        return value

    def _rebuild(self, tensor):
        key = str(len(self.tensors))
        self.tensors.append(tensor)
        storage = PersistentId(("storage", Global("torch", _STORAGES[tensor.dtype]), key, self._location, element_count(tensor)))
        strides = tuple(math.prod(tensor.shape[axis + 1:]) for axis in range(len(tensor.shape)))
        return Call(Global("torch._utils", "_rebuild_tensor_v2"), (storage, 0, tensor.shape, strides, False, Call(_ORDERED_DICT, ())))


def module_state_dict(tensors, modules):
    """What `state_dict()` of a module returns: an OrderedDict that knows the version of each of `modules`."""
    versions = Call(_ORDERED_DICT, (), items={module: {"version": 1} for module in modules})
    return Call(_ORDERED_DICT, (), items={tensor.name: tensor for tensor in tensors}, state={"_metadata": versions})


def write_torch(path, value, values, location="cpu"):
    """Writes `value`, of dicts, lists, tuples, plain values, module_state_dicts and, in dicts, Tensors."""
    storages = _Storages(location)
    program = io.BytesIO()
    PickleWriter(program, protocol=2).write(storages.replace(value))
    with open(path, "wb") as file:
        archive = _ZipWriter(file)
        archive.add("archive/data.pkl", len(program.getvalue()), [program.getvalue()])
        for key, tensor in sorted((str(i), tensor) for i, tensor in enumerate(storages.tensors)):
            archive.add(f"archive/data/{key}", byte_size(tensor), values.pieces(tensor))
        archive.add("archive/version", 2, [b"3\n"])
        archive.finish()
