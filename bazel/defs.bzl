"""Conversions of checkpoints, and proofs that they can be repeated, as Bazel targets. docs/reproducibility.md says how to use them.

    checkpoint             WORKSPACE: weights that lie somewhere outside of the source tree
    checkpoint_files       BUILD: weights that lie in it
    merged_checkpoint      BUILD: what a recipe makes of such checkpoints
    reproducibility_test   BUILD: whether a checkpoint is, byte for byte, what a manifest says
"""

load(":checkpoint_files.bzl", _CheckpointInfo = "CheckpointInfo", _checkpoint_files = "checkpoint_files")
load(":checkpoint_repository.bzl", _checkpoint = "checkpoint")
load(":merged_checkpoint.bzl", _merged_checkpoint = "merged_checkpoint")
load(":reproducibility_test.bzl", _reproducibility_test = "reproducibility_test")

CheckpointInfo = _CheckpointInfo
checkpoint = _checkpoint
checkpoint_files = _checkpoint_files
merged_checkpoint = _merged_checkpoint
reproducibility_test = _reproducibility_test
