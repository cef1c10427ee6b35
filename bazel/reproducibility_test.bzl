"""An audit as a test."""

load(":checkpoint_files.bzl", "CheckpointInfo")
load(":product.bzl", "PRODUCT_ATTRIBUTES", "tool")

# `bazel run` says in BUILD_WORKING_DIRECTORY where the user stands, and the tool would look for relative paths there.
_SCRIPT = """#!/bin/bash
unset BUILD_WORKING_DIRECTORY
exec {verify} {checkpoint} --manifest={manifest} --quiet "$@"
"""

def _quoted(path):
    return "'%s'" % path.replace("'", "'\\''")

def _reproducibility_test_impl(ctx):
    checkpoint = ctx.attr.checkpoint[CheckpointInfo]
    verify = ctx.executable._verify
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(script, is_executable = True, content = _SCRIPT.format(
        verify = _quoted(verify.short_path),
        checkpoint = _quoted(checkpoint.short_path),
        manifest = _quoted(ctx.file.manifest.short_path),
    ))
    return [DefaultInfo(
        executable = script,
        runfiles = ctx.runfiles(files = [verify, ctx.file.manifest], transitive_files = checkpoint.files),
    )]

reproducibility_test = rule(
    implementation = _reproducibility_test_impl,
    doc = """Passes when a checkpoint is, byte for byte, what a manifest says; else the log names the tensors that differ.

With `args = ["--content"]` the tensors count alone, in whatever container and sharding.
""",
    test = True,
    attrs = dict(
        PRODUCT_ATTRIBUTES,
        checkpoint = attr.label(
            doc = "A merged_checkpoint, or weights that somebody else made.",
            mandatory = True,
            providers = [CheckpointInfo],
        ),
        manifest = attr.label(
            doc = "The manifest of the day on which it was made.",
            allow_single_file = [".binpb"],
            mandatory = True,
        ),
        _verify = tool("//bazel:verify"),
    ),
)
