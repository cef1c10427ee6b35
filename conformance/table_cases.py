"""Every name of the closed table × REDUCE, NEWOBJ, NEWOBJ_EX, OBJ, INST, BUILD × arguments that readers look at or pass over.

Names and kinds are read from the dialects, so that a new row is tried without a word here; a new kind needs its arguments in `arguments_of`.
"""

import os
import re

from archives import torch_zip
from case import Case
from pickles import (
    A,
    B,
    BUILD,
    FALSE,
    NEWOBJ,
    NEWOBJ_EX,
    NONE,
    NUMBERS,
    ORDERED_DICT,
    REDUCE,
    TRUE,
    array,
    call,
    data,
    dict_of,
    element_type,
    fill,
    integer,
    list_of,
    named,
    program,
    real,
    set_of,
    storage,
    tensor,
    text,
    tuple_of,
)

# Names of former releases that today's do not know any more.
BYGONE = ("torch.storage._UntypedStorage",)


# The tables of names, by who brings them.
DIALECTS = {
    "python": ("formats", "pickle", "python_dialect.cc"),
    "torch": ("formats", "torch", "torch_dialect.cc"),
    "numpy": ("formats", "numpy", "numpy_dialect.cc"),
    "paddle": ("formats", "paddle", "paddle_dialect.cc"),
}


def rows_of_dialect(path):
    """Name, kind and whether it is another release's name for a thing, of each row and alias."""
    with open(path, encoding="utf-8") as file:
        source = file.read()
    rows = re.findall(r'\{"([^"]+)",\s*"([^"]+)",\s*&k(\w+)', source)
    aliases = re.findall(r'\{"([^"]+)",\s*"([^"]*)",\s*"([^"]+)",\s*"([^"]*)"\}', source)
    for module, name, kind in rows:
        yield f"{module}.{name}", kind, False
        for other_module, other_name, today_module, today_name in aliases:
            if today_module == module and today_name in ("", name):
                if f"{other_module}.{other_name}" not in BYGONE:
                    yield f"{other_module}.{other_name or name}", kind, True


def rows_of_table(root, world=None):
    """The rows of all dialects of the workspace, or of those that a world's files are tried with."""
    for dialect, path in DIALECTS.items():
        if world is None or dialect in world.dialects:
            yield from rows_of_dialect(os.path.join(root, *path))


class World:
    """What stands for a tensor in the files of a library, how a pickle becomes a file, and which names are tried in it."""

    def __init__(self, oracle, extension, first, second, wrap, dialects):
        self.oracle, self.extension, self.first, self.second, self.wrap, self.dialects = oracle, extension, first, second, wrap, dialects

    def case(self, kind, name, value, protocol=2):
        """The value beside a plain tensor."""
        return Case(
            f"{self.oracle} {kind}", name, self.oracle, self.extension, self.wrap(program(dict_of(("w", value), ("b", self.second)), protocol))
        )


TORCH = World("torch", ".pt", tensor(), tensor("1"), torch_zip, tuple(DIALECTS))


PADDLE = World("paddle", ".pdparams", array(), array(B), bytes, ("python", "numpy", "paddle"))


def rebuilt(*more, dtype=()):
    return [storage(), integer(0), *NUMBERS, FALSE, ORDERED_DICT, *dtype, *more]


def arguments_of(kind, name, world):
    """The lists of arguments with which a name is called: right ones, and ones that differ in which the libraries look at."""
    first, second = world.first, world.second
    pair = tuple_of(text("x"), first)
    from_numpy = [
        [array(), named("torch.float32"), text("cpu"), FALSE],
        [array(), named("torch.float16"), text("cpu"), FALSE],
        [array(), named("torch.float32"), text("meta"), FALSE],
    ]
    table = {
        "OrderedDict": [[], [list_of(list_of(text("x"), first))], [list_of(pair)], [tuple_of(pair)], [dict_of(("x", first))], [list_of(pair, pair)]],
        "DefaultDict": [
            [],
            [NONE],
            [named("builtins.dict")],
            [named("builtins.list")],
            [named("builtins.dict"), dict_of(("x", first))],
            [NONE, list_of(pair)],
        ],
        "Counter": [[], [dict_of(("x", first))], [list_of(text("x"))], [dict_of(("x", integer(2)))]],
        "RebuildTensor": [rebuilt()[:4]],
        "RebuildTensorV2": [
            rebuilt(),
            rebuilt(dict_of(("neg", TRUE))),
            rebuilt(dict_of(("conj", FALSE))),
            rebuilt(dict_of(("neg", NONE), ("x", TRUE))),
        ],
        "RebuildTensorV3": [
            rebuilt(dtype=[named("torch.float32")]),
            rebuilt(dtype=[named("torch.int32")]),
            rebuilt(dtype=[named("torch.float16")]),
            rebuilt(dict_of(("neg", FALSE)), dtype=[named("torch.float32")]),
        ],
        "RebuildParameter": [[first, TRUE, ORDERED_DICT]],
        "RebuildParameterWithState": [[first, TRUE, ORDERED_DICT, dict_of()]],
        "RebuildFromType": [
            [named("torch._utils._rebuild_tensor_v2"), named("torch.Tensor"), tuple_of(*rebuilt()), dict_of()],
            [named("torch._utils._rebuild_tensor_v2"), named("torch.nn.parameter.Parameter"), tuple_of(*rebuilt()), dict_of()],
            [named("torch._utils._rebuild_parameter"), named("torch.nn.parameter.Parameter"), tuple_of(first, TRUE, ORDERED_DICT), dict_of()],
            [named("torch._utils._rebuild_tensor_v2"), named("torch.FloatTensor"), tuple_of(*rebuilt()), dict_of()],
            [named("collections.OrderedDict"), named("torch.Tensor"), tuple_of(), dict_of()],
        ],
        "RebuildSparse": [
            [
                call("torch.serialization._get_layout", text("torch.sparse_coo")),
                tuple_of(tensor("0", "torch.LongStorage", (1, 2), strides=(2, 1), count=2), tensor("1", shape=(2,)), tuple_of(integer(9))),
            ]
        ],
        "StorageType": [[], [integer(4)], [list_of(integer(1), integer(2))]],
        "QuantizedType": [[], [integer(4)]],
        "TensorType": [[], [first], [integer(3)], [first, TRUE], [list_of(integer(1))], [storage()]],
        "TensorClass": [[], [first], [integer(3)], [first, TRUE], [list_of(integer(1))], [storage()]],
        "TorchDType": [[], [text("x")]],
        "TorchSize": [[tuple_of(integer(1), integer(2))], [list_of(integer(1))], [], [tuple_of(first)]],
        "TorchDevice": [[text("cpu")], [text("cuda"), integer(0)], [text("meta")], [text("nothing")]],
        "TorchLayout": [[text("torch.strided")], [text("torch.sparse_coo")], [text("torch.nothing")]],
        "TorchConstant": [[]],
        "NumpyReconstruct": [
            [named("numpy.ndarray"), tuple_of(integer(0)), data(b"b")],
            [named("numpy.ndarray"), tuple_of(integer(2)), text("f4")],
            [named("numpy.ndarray"), tuple_of(), data(b"f4")],
        ],
        "NumpyScalar": [[element_type(), data(A[:4])], [element_type("i8"), data(A[:8])]],
        "NumpyFromBuffer": [
            [data(A), element_type(), tuple_of(integer(4)), text("C")],
            [data(A), element_type(), tuple_of(integer(2), integer(2)), text("F")],
            [data(A), element_type(), tuple_of(integer(2), integer(2)), text("K"), tuple_of(integer(1), integer(0))],
            [data(A), element_type(), tuple_of(integer(2), integer(2)), text("K"), NONE],
            [data(A), element_type(), integer(4), text("C")],
            [data(A), element_type(), tuple_of(integer(-1)), text("C")],
        ],
        "NumpyArrayType": [[tuple_of(integer(4)), element_type(), data(A)], [], [integer(2)]],
        "NumpyDType": [
            [text("f4"), FALSE, TRUE],
            [text("f4"), integer(0), integer(1)],
            [text("<f4"), FALSE, TRUE],
            [text("f4")],
            [text("float32"), FALSE, TRUE],
            [text("f4"), TRUE, TRUE],
        ],
        "CodecsEncode": [
            [text("abc"), text("latin1")],
            [text("abc"), text("latin-1")],
            [text("\u00e9"), text("utf-8")],
            [text("abc")],
            [text("\u00e9"), text("latin1"), text("ignore")],
        ],
        "Bytes": [[], [data(b"abc")], [text("abc"), text("latin1")], [integer(3)], [list_of(integer(1))]],
        "ByteArray": [[], [data(b"abc")], [text("abc"), text("latin1")], [integer(3)], [list_of(integer(1))]],
        "FrozenSet": [[], [list_of(first)], [tuple_of(first, second)], [list_of(text("x"))]],
        "Set": [[], [list_of(first)], [tuple_of(first, second)], [list_of(text("x"))]],
        "Tuple": [[], [tuple_of(first, second)], [list_of(first)], [tuple_of(text("x"), first)], [text("ab")]],
        "List": [[], [list_of(first)], [tuple_of(first)], [text("ab")]],
        "Dict": [[], [dict_of(("x", first))], [list_of(pair)], [ORDERED_DICT + fill(("x", first))]],
        "PlainInert": [[], [integer(1)], [text("1")], [first], [first, first], [first, first, first]],
        "Eval": [[text("data"), dict_of(("data", array()))], [text("data"), dict_of(("data", first))], [text("data"), dict_of()]],
        "RebuildUnsupported": [rebuilt()],
        "RebuildFromDevice": from_numpy,
    }
    by_name = {
        "_rebuild_qtensor": [
            [
                storage(kind="torch.QUInt8Storage", count=16),
                integer(0),
                *NUMBERS,
                tuple_of(named("torch.per_tensor_affine"), real(1.0), integer(0)),
                FALSE,
                ORDERED_DICT,
            ]
        ],
        "_rebuild_meta_tensor_no_storage": [[named("torch.float32"), *NUMBERS, FALSE]],
        "_rebuild_device_tensor_from_cpu_tensor": [
            [first, named("torch.float32"), text("cpu"), FALSE],
            [first, named("torch.int32"), text("cpu"), FALSE],
            [first, named("torch.float32"), text("meta"), TRUE],
        ],
    }
    last = name.rpartition(".")[2]
    return by_name[last] if last in by_name else table[kind]


def arguments_of_interest(world):
    """What takes the place of an argument."""
    return {
        "None": NONE,
        "True": TRUE,
        "0": integer(0),
        "1": integer(1),
        "-1": integer(-1),
        "2": integer(2),
        "2^70": integer(1 << 70),
        "1.5": real(1.5),
        "''": text(""),
        "'x'": text("x"),
        "b''": data(b""),
        "()": tuple_of(),
        "(2,)": tuple_of(integer(2)),
        "(2, 2)": tuple_of(integer(2), integer(2)),
        "(None, {tensor})": tuple_of(NONE, dict_of(("data", world.second))),
        "[]": list_of(),
        "[1]": list_of(integer(1)),
        "{}": dict_of(),
        "{tensor}": dict_of(("data", world.second)),
        "{tensor under a number}": dict_of((integer(1), world.second)),
        "OrderedDict()": ORDERED_DICT,
        "tensor": world.second,
        "{set}": set_of(),
        "a class": named("builtins.dict"),
    }


def states(world):
    second = world.second
    return {
        "None": NONE,
        "{}": dict_of(),
        "[]": list_of(),
        "()": tuple_of(),
        "0": integer(0),
        "'x'": text("x"),
        "(None, {})": tuple_of(NONE, dict_of()),
        "({}, None)": tuple_of(dict_of(), NONE),
        "{text}": dict_of(("note", text("x"))),
        "{attribute: tensor}": dict_of(("note", second)),
        "{data: tensor}": dict_of(("data", second)),
        "(None, {data: tensor})": tuple_of(NONE, dict_of(("data", second))),
        "({data: tensor}, None)": tuple_of(dict_of(("data", second)), NONE),
        "{real: tensor}": dict_of(("real", second)),
        "{grad: tensor}": dict_of(("grad", second)),
        "{requires_grad}": dict_of(("requires_grad", TRUE)),
        "{shape}": dict_of(("shape", tuple_of(integer(2)))),
        "{_metadata}": dict_of(("_metadata", ORDERED_DICT)),
        "{number: 1}": dict_of((integer(1), integer(1))),
        "tensor": second,
        "(tensor,)": tuple_of(second),
        "[tensor]": list_of(second),
        "(tensor, tensor)": tuple_of(second, second),
        "of an array": tuple_of(integer(1), tuple_of(integer(4)), element_type(), FALSE, data(B)),
        "of an array, Fortran": tuple_of(integer(1), tuple_of(integer(2), integer(2)), element_type(), TRUE, data(B)),
        "of an array without a version": tuple_of(tuple_of(integer(4)), element_type(), FALSE, data(B)),
        "of an array, version 0": tuple_of(integer(0), tuple_of(integer(4)), element_type(), FALSE, data(B)),
        "of an array, shape a number": tuple_of(integer(1), integer(4), element_type(), FALSE, data(B)),
        "of an array, shape -1": tuple_of(integer(1), tuple_of(integer(-1)), element_type(), FALSE, data(B)),
        "of an array, shape True": tuple_of(integer(1), tuple_of(integer(4), TRUE), element_type(), FALSE, data(B)),
        "of an array, Fortran 2": tuple_of(integer(1), tuple_of(integer(2), integer(2)), element_type(), integer(2), data(B)),
        "of an array, big-endian": tuple_of(integer(1), tuple_of(integer(4)), element_type("f4", ">"), FALSE, data(B)),
        "of an array, a text": tuple_of(integer(1), tuple_of(integer(4)), element_type(), FALSE, text(B.decode("latin1"))),
        "of a dtype": tuple_of(integer(3), text(">"), NONE, NONE, NONE, integer(-1), integer(-1), integer(0)),
        "of a dtype, version 4": tuple_of(integer(4), text(">"), NONE, NONE, NONE, integer(-1), integer(-1), integer(0), NONE),
        "of a dtype, size 8": tuple_of(integer(3), text("<"), NONE, NONE, NONE, integer(8), integer(8), integer(0)),
        "of a dtype, subarray": tuple_of(
            integer(3), text("|"), tuple_of(element_type(), tuple_of(integer(2))), NONE, NONE, integer(8), integer(4), integer(0)
        ),
        "of a dtype, order |": tuple_of(integer(3), text("|"), NONE, NONE, NONE, integer(-1), integer(-1), integer(0)),
        "of a dtype, flags 63": tuple_of(integer(3), text("<"), NONE, NONE, NONE, integer(-1), integer(-1), integer(63)),
        "of a tensor": tuple_of(storage("1"), integer(0), *NUMBERS) if world is TORCH else integer(1),
        "of a parameter": tuple_of(second, TRUE, ORDERED_DICT) if world is TORCH else integer(2),
    }


def made_by(name, arguments):
    """The value by each opcode that makes objects, by the opcode's name."""
    module, _, last = name.rpartition(".")
    yield "REDUCE", named(name) + tuple_of(*arguments) + REDUCE
    yield "NEWOBJ", named(name) + tuple_of(*arguments) + NEWOBJ
    yield "NEWOBJ_EX", named(name) + tuple_of(*arguments) + dict_of() + NEWOBJ_EX
    yield "OBJ", b"(" + named(name) + b"".join(arguments) + b"o"
    yield "INST", b"(" + b"".join(arguments) + b"i%s\n%s\n" % (module.encode(), last.encode())


def cases_of_name(name, kind, world):
    lists = arguments_of(kind, name, world)
    for i, arguments in enumerate(lists):
        context = f"{name} {i}"
        for opcode, value in made_by(name, arguments):
            yield world.case(opcode, context, value, 4 if opcode == "NEWOBJ_EX" else 2)
            # What a constructor passes over, the opcodes after it put in.
            if kind in ("OrderedDict", "DefaultDict", "Counter", "Dict") and opcode in ("REDUCE", "NEWOBJ"):
                yield world.case(opcode, f"{context}, SETITEMS", value + fill(("y", world.first)))
                yield world.case(opcode, f"{context}, BUILD, SETITEMS", value + dict_of(("note", text("x"))) + BUILD + fill(("y", world.first)))
        for short in range(len(arguments)):
            yield world.case("REDUCE of fewer", f"{context}, {short} of {len(arguments)}", call(name, *arguments[:short]))
        yield world.case("REDUCE of more", context, call(name, *arguments, NONE))
        yield world.case("REDUCE of more", f"{context}, {{}}", call(name, *arguments, dict_of()))
        yield world.case("NEWOBJ_EX", f"{context}, keyword", named(name) + tuple_of(*arguments) + dict_of(("x", world.second)) + NEWOBJ_EX, 4)
    for i, argument in enumerate(lists[0]):
        for what, other in arguments_of_interest(world).items():
            changed = [*lists[0][:i], other, *lists[0][i + 1 :]]
            yield world.case("REDUCE of others", f"{name} argument {i} {what}", call(name, *changed))
    for what, state in states(world).items():
        yield world.case("BUILD", f"{name} {what}", call(name, *lists[0]) + state + BUILD)
    for what in ("None", "{}", "{text}", "{data: tensor}"):
        yield world.case("BUILD of the name", f"{name} {what}", named(name) + states(world)[what] + BUILD)
    yield world.case("the name", name, named(name))


# Of names that differ in no way that a reader could look at, one stands for all where arguments and states are tried.
ALIKE = ("StorageType", "QuantizedType", "TensorType", "TorchDType", "TorchConstant")


def table_cases(root):
    for world in (TORCH, PADDLE):
        tried = set()
        for name, kind, is_alias in rows_of_table(root, world):
            cases = cases_of_name(name, kind, world)
            if is_alias or kind in ALIKE and kind in tried and name != "torch.nn.parameter.Parameter":
                cases = (one for one in cases if one.kind.split()[-1] in ("REDUCE", "NEWOBJ") or one.kind.endswith("the name"))
            tried.add(kind)
            yield from cases


def control(oracle):
    """A file of every kind of value that a library reads, to tell whether it still does."""
    if oracle == "torch":
        parameter = call("torch._utils._rebuild_parameter", tensor(), TRUE, ORDERED_DICT)
        return TORCH.case(
            "control", "control", dict_of(("p", parameter), ("t", tensor("1")), ("a", array()), ("o", ORDERED_DICT + fill(("x", tensor()))))
        )
    return PADDLE.case("control", "control", dict_of(("a", array()), ("o", ORDERED_DICT + fill(("x", array())))))._replace(oracle=oracle)
