"""All tables of cases."""

import legacy_cases
import numpy_cases
import opcode_cases
import paddle_cases
import safetensors_cases
import table_cases
import tar_cases
import torch_cases
import zip_cases


def all_cases(root):
    """`root`: of the workspace, whose tables of names are read."""
    yield from table_cases.table_cases(root)
    yield from opcode_cases.line_cases()
    yield from opcode_cases.opcode_cases()
    yield from paddle_cases.paddle_cases()
    yield from torch_cases.torch_cases()
    yield from zip_cases.zip_cases()
    yield from zip_cases.torch_record_cases()
    yield from legacy_cases.legacy_cases()
    yield from tar_cases.tar_cases()
    yield from numpy_cases.npy_cases()
    yield from numpy_cases.npz_cases()
    yield from safetensors_cases.safetensors_cases()
