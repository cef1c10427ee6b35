"""A .pdparams as `paddle.save` writes a state dict: protocol 4, numpy arrays, the name table last (docs/spec/reference_pipeline.md F.2, F.3)."""
from pickle_writer import Call, Global, Payload, PickleWriter
from tensor_values import byte_size

_NDARRAY = Global("numpy", "ndarray")
_RECONSTRUCT = Global("numpy.core.multiarray", "_reconstruct")


def _dtype(code):
    return Call(Global("numpy", "dtype"), (code, False, True), state=(3, "<", None, None, None, -1, -1, 0))


def write_pdparams(path, tensors, values):
    """Writes `tensors`, in order, with their tensor_names."""
    dtypes = {"float16": _dtype("f2"), "float32": _dtype("f4"), "int64": _dtype("i8")}
    state_dict = {}
    for tensor in tensors:
        data = Payload(byte_size(tensor), values.pieces(tensor))
        state_dict[tensor.name] = Call(_RECONSTRUCT, (_NDARRAY, (0,), b"b"), state=(1, tensor.shape, dtypes[tensor.dtype], False, data))
    state_dict["StructuredToParameterName@@"] = {tensor.name: tensor.tensor_name for tensor in tensors}
    with open(path, "wb") as file:
        PickleWriter(file, protocol=4).write(state_dict)
