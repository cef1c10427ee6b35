"""What torch.load makes of storages, types and metadata beyond the arguments of a call."""

from archives import torch_zip
from case import Case
from pickles import (
    A,
    BUILD,
    FALSE,
    NEWOBJ,
    NONE,
    NUMBERS,
    ORDERED_DICT,
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
    program,
    real,
    set_of,
    storage,
    tensor,
    text,
    tuple_of,
)


def torch_cases():
    """What torch.load makes of storages, types and metadata beyond the arguments of a call."""

    def case(name, *pairs, **options):
        return Case("torch storages", name, "torch", ".pt", torch_zip(program(dict_of(*pairs)), **options))

    raw = bytes(range(64))
    sizes = {
        "Float": 4,
        "Double": 8,
        "Half": 2,
        "BFloat16": 2,
        "Byte": 1,
        "Char": 1,
        "Short": 2,
        "Int": 4,
        "Long": 8,
        "Bool": 1,
        "ComplexFloat": 8,
        "ComplexDouble": 16,
    }
    for kind, size in sizes.items():
        for order in (b"little", b"big"):
            yield case(f"{kind} {order.decode()}", ("w", tensor("0", f"torch.{kind}Storage", (16 // size,), count=16 // size)), byteorder=order)
        yield case(
            f"{kind} after Byte, big",
            ("a", tensor("0", "torch.ByteStorage", (16,), count=16)),
            ("w", tensor("0", f"torch.{kind}Storage", (16 // size,), count=16 // size)),
            byteorder=b"big",
        )
        yield case(f"{kind} after Float", ("a", tensor()), ("w", tensor("0", f"torch.{kind}Storage", (16 // size,), count=16 // size)))
        yield case(f"{kind} with a FloatStorage's count", ("a", tensor()), ("w", tensor("0", f"torch.{kind}Storage", (1,), count=4)))
    for location in (
        "cpu",
        "cpu:0",
        "CPU",
        "cuda",
        "cuda:0",
        "cuda:7",
        "meta",
        "meta:0",
        "mps",
        "hpu",
        "xla:0",
        "privateuse1",
        "",
        "nothing",
        "cuda:x",
        "hpu:0",
        "npu:0",
        "xpu:0",
        "vulkan",
    ):
        yield case(f"location {location!r}", ("w", tensor(location=location)), ("b", tensor("1")))
        yield case(f"location {location!r} second", ("b", tensor()), ("w", tensor(location=location)))

    def of_count(count):
        return tuple_of(text("storage"), named("torch.FloatStorage"), text("0"), text("cpu"), count) + b"Q"

    def over(one, *, offset=integer(0), size=NUMBERS[0], strides=NUMBERS[1], grad=FALSE, hooks=ORDERED_DICT, more=()):
        return call("torch._utils._rebuild_tensor_v2", one, offset, size, strides, grad, hooks, *more)

    yield from (
        case(*row)
        for row in [
            *(
                (f"count {what}", ("w", over(of_count(count))))
                for what, count in (
                    ("3", integer(3)),
                    ("5", integer(5)),
                    ("0", integer(0)),
                    ("-1", integer(-1)),
                    ("True", TRUE),
                    ("4.0", real(4.0)),
                    ("None", NONE),
                    ("2^62", integer(1 << 62)),
                    ("2^70", integer(1 << 70)),
                )
            ),
            *(
                (f"members {what}", ("w", over(tuple_of(*members) + b"Q")))
                for what, members in (
                    ("typename bytes", [data(b"storage"), named("torch.FloatStorage"), text("0"), text("cpu"), integer(4)]),
                    ("location bytes", [text("storage"), named("torch.FloatStorage"), text("0"), data(b"cpu"), integer(4)]),
                    ("key a number", [text("storage"), named("torch.FloatStorage"), integer(0), text("cpu"), integer(4)]),
                    ("key True", [text("storage"), named("torch.FloatStorage"), TRUE, text("cpu"), integer(4)]),
                    ("key -1", [text("storage"), named("torch.FloatStorage"), integer(-1), text("cpu"), integer(4)]),
                    ("key None", [text("storage"), named("torch.FloatStorage"), NONE, text("cpu"), integer(4)]),
                    ("key bytes", [text("storage"), named("torch.FloatStorage"), data(b"0"), text("cpu"), integer(4)]),
                    ("key 0.0", [text("storage"), named("torch.FloatStorage"), real(0.0), text("cpu"), integer(4)]),
                    ("six", [text("storage"), named("torch.FloatStorage"), text("0"), text("cpu"), integer(4), NONE]),
                    ("four", [text("storage"), named("torch.FloatStorage"), text("0"), text("cpu")]),
                    ("module", [text("module"), named("torch.FloatStorage"), text("0"), text("cpu"), integer(4)]),
                    ("a tensor type", [text("storage"), named("torch.FloatTensor"), text("0"), text("cpu"), integer(4)]),
                    ("a dtype", [text("storage"), named("torch.float32"), text("0"), text("cpu"), integer(4)]),
                    ("UntypedStorage", [text("storage"), named("torch.storage.UntypedStorage"), text("0"), text("cpu"), integer(16)]),
                    ("location None", [text("storage"), named("torch.FloatStorage"), text("0"), NONE, integer(4)]),
                    ("location a number", [text("storage"), named("torch.FloatStorage"), text("0"), integer(0), integer(4)]),
                )
            ),
            (
                "key 0 as text and number",
                ("w", tensor()),
                ("b", over(tuple_of(text("storage"), named("torch.FloatStorage"), integer(0), text("cpu"), integer(4)) + b"Q")),
            ),
            *((f"key {key!r}", ("w", tensor(key))) for key in ("00", "", "./0", "../data/0", "0/", "/0", "0\0", " 0", "\u0660", "data/0")),
            *(
                (f"offset {what}", ("w", over(storage(), offset=offset, size=tuple_of(integer(1)))))
                for what, offset in (
                    ("True", TRUE),
                    ("3", integer(3)),
                    ("4", integer(4)),
                    ("-1", integer(-1)),
                    ("1.0", real(1.0)),
                    ("None", NONE),
                    ("2^63", integer(1 << 63)),
                    ("4 of nothing", integer(4)),
                )
            ),
            *(
                (f"size {what}", ("w", over(storage(), size=size, strides=strides)))
                for what, size, strides in (
                    ("()", tuple_of(), tuple_of()),
                    ("a list", list_of(integer(4)), list_of(integer(1))),
                    ("a Size", call("torch.Size", tuple_of(integer(4))), tuple_of(integer(1))),
                    ("a number", integer(4), integer(1)),
                    ("(-1,)", tuple_of(integer(-1)), tuple_of(integer(1))),
                    ("(True,)", tuple_of(TRUE), tuple_of(integer(1))),
                    ("(2.0,)", tuple_of(real(2.0)), tuple_of(integer(1))),
                    ("(0,)", tuple_of(integer(0)), tuple_of(integer(1))),
                    ("two strides", tuple_of(integer(4)), tuple_of(integer(1), integer(1))),
                    ("no strides", tuple_of(integer(4)), tuple_of()),
                    ("stride 0", tuple_of(integer(4)), tuple_of(integer(0))),
                    ("stride -1", tuple_of(integer(4)), tuple_of(integer(-1))),
                    ("stride True", tuple_of(integer(4)), tuple_of(TRUE)),
                    ("beyond", tuple_of(integer(5)), tuple_of(integer(1))),
                    ("(2, 2) by 1, 2", tuple_of(integer(2), integer(2)), tuple_of(integer(1), integer(2))),
                    ("(2, 3) by 1, 1", tuple_of(integer(2), integer(3)), tuple_of(integer(1), integer(1))),
                    ("(0, 9) by 9, 9", tuple_of(integer(0), integer(9)), tuple_of(integer(9), integer(9))),
                    ("strides None", tuple_of(integer(4)), NONE),
                    ("stride 2^63", tuple_of(integer(1)), tuple_of(integer(1 << 63))),
                    ("(1,) by 2^60", tuple_of(integer(1)), tuple_of(integer(1 << 60))),
                )
            ),
            *(
                (f"metadata {what}", ("w", over(storage(), more=[metadata])))
                for what, metadata in (
                    ("None", NONE),
                    ("{}", dict_of()),
                    ("neg", dict_of(("neg", TRUE))),
                    ("neg False", dict_of(("neg", FALSE))),
                    ("neg 0", dict_of(("neg", integer(0)))),
                    ("conj of a real", dict_of(("conj", TRUE))),
                    ("neg twice", dict_of(("neg", TRUE), ("neg", FALSE))),
                    ("an unknown key", dict_of(("x", TRUE))),
                    ("a number as a key", dict_of((integer(1), TRUE))),
                    ("OrderedDict", ORDERED_DICT + fill(("neg", TRUE))),
                    ("a list", list_of(text("neg"))),
                    ("neg as bytes", dict_of((data(b"neg"), TRUE))),
                    ("neg and a tensor", dict_of(("neg", tensor("1")))),
                    ("x is a tensor", dict_of(("x", tensor("1")))),
                    ("neg as a byte string", dict_of((b"U\3neg", TRUE))),
                )
            ),
            ("conj", ("w", tensor("0", "torch.ComplexFloatStorage", (2,), count=2, more=[dict_of(("conj", TRUE))]))),
            ("conj False", ("w", tensor("0", "torch.ComplexFloatStorage", (2,), count=2, more=[dict_of(("conj", FALSE))]))),
            ("conj and neg", ("w", tensor("0", "torch.ComplexFloatStorage", (2,), count=2, more=[dict_of(("conj", TRUE), ("neg", TRUE))]))),
            ("neg of bytes", ("w", tensor("0", "torch.ByteStorage", (16,), count=16, more=[dict_of(("neg", TRUE))]))),
            ("neg of bools", ("w", tensor("0", "torch.BoolStorage", (16,), count=16, more=[dict_of(("neg", TRUE))]))),
            ("neg of int8", ("w", tensor("0", "torch.CharStorage", (16,), count=16, more=[dict_of(("neg", TRUE))]))),
            ("hooks with a tensor", ("w", over(storage(), hooks=ORDERED_DICT + fill(("x", tensor("1")))))),
            ("hooks with a text", ("w", over(storage(), hooks=ORDERED_DICT + fill(("x", text("y")))))),
            ("hooks None", ("w", over(storage(), hooks=NONE))),
            ("hooks {}", ("w", over(storage(), hooks=dict_of()))),
            ("hooks ()", ("w", over(storage(), hooks=tuple_of()))),
            ("grad None", ("w", over(storage(), grad=NONE))),
            ("grad 1", ("w", over(storage(), grad=integer(1)))),
            (
                "grad of integers",
                ("w", call("torch._utils._rebuild_tensor_v2", storage("0", "torch.IntStorage"), integer(0), *NUMBERS, TRUE, ORDERED_DICT)),
            ),
            ("a storage", ("w", storage())),
            ("an UntypedStorage", ("w", storage("0", "torch.storage.UntypedStorage", 16))),
            ("a storage twice", ("w", storage()), ("b", storage())),
            ("a storage of half", ("w", storage(count=2))),
            ("a text and an array", ("w", tuple_of(text("x"), array()))),
            ("an array", ("w", array())),
            ("an array of uint16", ("w", array(raw[:4], (2,), element_type("u2")))),
            ("a scalar", ("w", call("numpy.core.multiarray.scalar", element_type(), data(A[:4])))),
            ("a tensor in a set", ("w", set_of(tensor())), ("b", tensor("1"))),
            ("a tensor in a frozenset", ("w", frozen_set_of(tensor())), ("b", tensor("1"))),
            ("a tensor as a key", (tensor(), integer(1)), ("b", tensor("1"))),
            ("a tensor in a key", (tuple_of(tensor()), integer(1)), ("b", tensor("1"))),
            ("a tensor in a slice", ("w", call("builtins.slice", tensor())), ("b", tensor("1"))),
            ("a tensor below a float", (real(0.5), tensor()), ("b", tensor("1"))),
            ("an attribute of a dict", ("w", ORDERED_DICT + dict_of(("x", tensor())) + BUILD), ("b", tensor("1"))),
            ("a tensor below an attribute", ("w", ORDERED_DICT + dict_of(("_metadata", dict_of(("x", tensor())))) + BUILD), ("b", tensor("1"))),
            (
                "version numbers",
                ("w", ORDERED_DICT + dict_of(("_metadata", ORDERED_DICT + fill(("", dict_of(("version", integer(1))))))) + BUILD),
                ("b", tensor("1")),
            ),
            ("a Size of tensors", ("w", call("torch.Size", tuple_of(tensor()))), ("b", tensor("1"))),
            ("set_ by BUILD", ("w", named("torch.FloatTensor") + tuple_of() + NEWOBJ + tuple_of(storage(), integer(0), *NUMBERS) + BUILD)),
            ("set_ by BUILD on Tensor", ("w", named("torch.Tensor") + tuple_of() + NEWOBJ + tuple_of(storage(), integer(0), *NUMBERS) + BUILD)),
            ("two parameters of one tensor", ("w", call("torch._utils._rebuild_parameter", tensor() + b"q\0", TRUE, ORDERED_DICT)), ("b", b"h\0")),
            (
                "parameters of one tensor, one with data",
                ("a", tensor() + b"q\0"),
                ("w", call("torch._utils._rebuild_parameter_with_state", b"h\0", TRUE, ORDERED_DICT, dict_of(("data", tensor("1"))))),
            ),
            ("two of one name", ("a.b", tensor()), ("a", dict_of(("b", tensor("1"))))),
            ("key twice", ("w", tensor()), ("w", tensor("1"))),
            ("keys by case", ("w", tensor()), ("W", tensor("1"))),
        ]
    )
    for root, what in (
        (tensor(), "a tensor"),
        (list_of(tensor()), "a list"),
        (tuple_of(tensor()), "a tuple"),
        (storage(), "a storage"),
        (NONE, "None"),
        (text("x"), "a text"),
        (dict_of(), "an empty dict"),
        (integer(1), "a number"),
        (set_of(tensor()), "a set"),
        (call("torch._utils._rebuild_parameter", tensor(), TRUE, ORDERED_DICT), "a parameter"),
        (array(), "an array"),
    ):
        yield Case("torch roots", what, "torch", ".pt", torch_zip(program(root)))
