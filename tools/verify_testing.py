"""What verify's tests are shown: float16 by its definition, the merged example as a list of tensors, and mutations of it with their verdicts."""
import json
import math
import os
import struct

from tool_testing import ROOT, ToolsTest, pdparams, run, sources

SMALL = os.path.join(ROOT, "testdata", "small")
LLAMA = "language_model.llama."
Q, K = (LLAMA + f"layers.0.self_attn.{x}_proj.weight" for x in "qk")
GATE = LLAMA + "layers.0.mlp.gate_proj.weight"
EMBED, HEAD, NORM = LLAMA + "embed_tokens.weight", "language_model.lm_head.weight", LLAMA + "norm.weight"
EXACT = {}


# --- float16 and bfloat16, by their definitions.

HALF = [struct.unpack("<e", struct.pack("<H", bits))[0] for bits in range(65536)]


def half_bits(value):
    """The float16 nearest to a number, ties to even."""
    try:
        return struct.unpack("<H", struct.pack("<e", value))[0]
    except OverflowError:
        return 0x7C00 if value > 0 else 0xFC00


def single_bits(value):
    return struct.unpack("<I", struct.pack("<f", value))[0]


def through_bfloat16(value):
    """A number as float32, then the bfloat16 nearest to it, as a number. NaN becomes the only one that there is."""
    if math.isnan(value):
        return math.nan
    bits = single_bits(value)
    return struct.unpack("<f", struct.pack("<I", (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16))[0]


def halves(data):
    return list(struct.unpack(f"<{len(data) // 2}H", data))


def half_bytes(bits):
    return struct.pack(f"<{len(bits)}H", *bits)


# --- A file that is written by hand.

class Tensors:
    """The tensors of the merged example, in order: name to (dtype, shape, bytes)."""

    def __init__(self, rows):
        self.rows = dict(rows)

    def copy(self):
        return Tensors(self.rows)

    def data(self, name):
        return self.rows[name][2]

    def set_data(self, name, data):
        dtype, shape, _ = self.rows[name]
        self.rows[name] = (dtype, shape, bytes(data))

    def edit(self, name, change):
        data = bytearray(self.data(name))
        change(data)
        self.set_data(name, data)
        return self

    def row_bytes(self, name):
        return len(self.data(name)) // self.rows[name][1][0]

    def write(self, path, more=b""):
        with open(path, "wb") as file:
            file.write(pdparams(list(self.rows.items())) + more)


def flip(offset, bit=0):
    def change(data):
        data[offset] ^= 1 << bit
    return change


def nudge(element, ulps):
    """Moves a finite float16 away from zero."""
    def change(data):
        bits = struct.unpack_from("<H", data, 2 * element)[0]
        struct.pack_into("<H", data, 2 * element, bits + ulps)
    return change


def transposed(data, rows, columns, item):
    return b"".join(data[(r * columns + c) * item:(r * columns + c + 1) * item] for c in range(columns) for r in range(rows))


class Mutations:
    """Each makes a file and says what verify must find: for each tensor with a verdict other than exact, that and words of its finding."""

    def __init__(self, good, dropped):
        self.good = good
        self.dropped = dropped  # A source tensor that the recipe drops.

    def all(self):
        for name in dir(type(self)):
            if name.startswith("each_"):
                for label, file, found in getattr(self, name)():
                    yield f"{name[5:]}: {label}", file, found

    def each_flipped_bit(self):
        for name in (Q, EMBED, HEAD, NORM, "query_tokens", "language_projection.bias"):
            size = len(self.good.data(name))
            for offset, bit in ((0, 0), (size // 2, 3), (size - 1, 7)):
                yield f"{name} {offset}", self.good.copy().edit(name, flip(offset, bit)), {name: ("differs", "; 1 of ")}

    def each_nudge_by_ulps(self):
        for ulps in (1, 2, 3):
            yield f"{ulps}", self.good.copy().edit(Q, nudge(77, ulps)), {Q: ("differs", "; 1 of ")}

    def each_special_value(self):
        for label, bits in (("NaN", 0x7E00), ("infinity", 0x7C00), ("minus zero", 0x8000), ("subnormal", 0x0001)):
            file = self.good.copy().edit(GATE, lambda data, bits=bits: struct.pack_into("<H", data, 500, bits))
            yield label, file, {GATE: ("differs", "; 1 of ")}

    def each_transposed_matrix(self):
        for name in (Q, K, GATE, HEAD):
            dtype, (rows, columns), data = self.good.rows[name]
            file = self.good.copy()
            file.rows[name] = (dtype, [columns, rows], transposed(data, rows, columns, 2))
            yield name, file, {name: ("differs" if rows == columns else "wrong shape", "it is the transpose of what it should be")}

    def each_swap_of_contents(self):
        file = self.good.copy()
        file.set_data(Q, self.good.data(K))
        file.set_data(K, self.good.data(Q))
        yield "q, k", file, {Q: ("differs", f'it is what "{K}" should be'), K: ("differs", f'it is what "{Q}" should be')}

    def each_rows_elsewhere(self):
        data, row = self.good.data(EMBED), self.good.row_bytes(EMBED)
        swapped = bytearray(data)
        swapped[:row], swapped[row:2 * row] = data[row:2 * row], data[:row]
        shifted = "its rows are shifted: row i is what row i "
        for label, changed, words in (("swapped", swapped, "2 of them at other places"), ("rolled", data[row:] + data[:row], shifted + "+ 1"),
                                      ("shifted", bytes(2 * row) + data[:-2 * row], shifted + "- 2")):
            file = self.good.copy()
            file.set_data(EMBED, changed)
            yield label, file, {EMBED: ("differs", words)}

    def each_zeroed_rows(self):
        for rows in (1, 5):
            size = rows * self.good.row_bytes(GATE)
            file = self.good.copy().edit(GATE, lambda data, size=size: data.__setitem__(slice(0, size), bytes(size)))
            yield f"{rows}", file, {GATE: ("differs", " differ")}

    def each_scaled(self):
        file = self.good.copy()
        file.set_data(Q, half_bytes([half_bits(HALF[bits] * (1 + 2**-10)) for bits in halves(self.good.data(Q))]))
        yield "by 1 + 2^-10", file, {Q: ("differs", " differ")}

    def each_bfloat16_round_trip(self):
        for name in (Q, GATE, HEAD):
            file = self.good.copy()
            file.set_data(name, half_bytes([half_bits(through_bfloat16(HALF[bits])) for bits in halves(self.good.data(name))]))
            yield name, file, {name: ("differs", "it is what it should be, cast to bfloat16 and back")}

    def each_old_vocabulary(self):
        file = self.good.copy()
        dtype, (rows, columns), data = self.good.rows[EMBED]
        file.rows[EMBED] = (dtype, [rows - 1, columns], data[:-2 * columns])
        dtype, (columns, rows), data = self.good.rows[HEAD]
        file.rows[HEAD] = (dtype, [columns, rows - 1], b"".join(data[2 * i * rows:2 * (i + 1) * rows - 2] for i in range(columns)))
        yield "both matrices", file, {name: ("wrong shape", f"the first {rows - 1} along axis {axis} are what they should be")
                                      for name, axis in ((EMBED, 0), (HEAD, 1))}

    def each_float32_in_the_place_of_float16(self):
        for name in (Q, NORM):
            file = self.good.copy()
            dtype, shape, data = self.good.rows[name]
            file.rows[name] = ("float32", shape, b"".join(struct.pack("<f", HALF[bits]) for bits in halves(data)))
            yield name, file, {name: ("wrong dtype", "it is what it should be")}

    def each_tensor_left_in(self):
        name, row = self.dropped
        file = self.good.copy()
        file.rows[name] = row
        yield name, file, {name: ("unexpected", f"it is the source tensor blip2/{name}, bit for bit")}

    def each_missing(self):
        for name in (NORM, "query_tokens"):
            file = self.good.copy()
            del file.rows[name]
            yield name, file, {name: ("missing", "is missing")}

    def each_other_order(self):
        names = list(self.good.rows)
        first_last = names[1:] + names[:1]
        yield "first is last", Tensors((name, self.good.rows[name]) for name in first_last), {names[0]: ("out of order", "should be tensor 0")}
        swapped = [names[1], names[0], *names[2:]]
        yield "neighbours", Tensors((name, self.good.rows[name]) for name in swapped), {names[1]: ("out of order", "is tensor 0")}

    def each_other_name(self):
        for name in (Q, NORM):
            file = Tensors((other + ".old" if other == name else other, row) for other, row in self.good.rows.items())
            yield name, file, {name: ("missing", "is missing"), name + ".old": ("unexpected", f'it has every bit of the missing "{name}"')}

    def each_whole_file(self):
        yield "as it should be", self.good.copy(), EXACT


class VerifyTest(ToolsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.small = sources(SMALL)

    def merge(self, name="good", arguments=None, flags=()):
        result = run("merge", *(arguments or self.small), "--save_path=" + self.path(name), *flags)
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.path(name + "/model_state.pdparams")

    def verify_json(self, path, *arguments, code):
        result = run("verify", path, *arguments, "--format=json")
        self.assertEqual(result.returncode, code, result.stderr)
        return json.loads(result.stdout)

    def read(self, path, manifest):
        """The tensors of a file at the places that its manifest names."""
        with open(path, "rb") as file:
            data = file.read()
        sizes = {"float16": 2, "float32": 4, "int64": 8}
        return Tensors((t["name"], (t["dtype"], t["shape"], data[t["offset"]:t["offset"] + sizes[t["dtype"]] * math.prod(t["shape"])]))
                       for t in manifest["output"]["tensors"])

    def consolidated(self, name):
        """The tensors of a checkpoint in SMALL, by way of a .safetensors file: name to (dtype, shape, bytes)."""
        path = self.path(name + ".safetensors")
        result = run("consolidate", f"--model={SMALL}/{name}", "--output=" + path, "--recipe=none")
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(path, "rb") as file:
            data = file.read()
        size = struct.unpack_from("<Q", data)[0]
        dtypes = {"F16": "float16", "F32": "float32", "I64": "int64"}
        return {key: (dtypes[entry["dtype"]], entry["shape"], data[8 + size:][slice(*entry["data_offsets"])])
                for key, entry in json.loads(data[8:8 + size]).items() if key != "__metadata__"}
