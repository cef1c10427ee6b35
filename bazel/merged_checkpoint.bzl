"""A merge as one action."""

load(":checkpoint_files.bzl", "CheckpointInfo")
load(":product.bzl", "PRODUCT_ATTRIBUTES", "tool")

# The manifest lies beside the weights, and is an output of its own too, so that one can have it without them.
_COMMAND = """folder=$1 manifest=$2 && shift 2 && "$@" --save_path="$folder" && cp "$folder/manifest.binpb" "$manifest" """

def _merged_checkpoint_impl(ctx):
    folder = ctx.actions.declare_directory(ctx.label.name)
    manifest = ctx.actions.declare_file(ctx.label.name + ".manifest.binpb")
    merge = ctx.executable._merge
    arguments = ctx.actions.args().add_all([folder, manifest], expand_directories = False).add(merge)
    arguments.add(ctx.file.recipe, format = "--recipe=%s").add("--format", ctx.attr.format)
    for name, value in ctx.attr.parameters.items():
        arguments.add("--set", "%s=%s" % (name, value))
    if ctx.attr.pad_rows:
        arguments.add("--pad_rows", ctx.attr.pad_rows)
    if ctx.attr.max_shard_size:
        arguments.add("--max_shard_size", ctx.attr.max_shard_size)
    for source, id in ctx.attr.sources.items():
        arguments.add("%s=%s" % (id, source[CheckpointInfo].path))
    ctx.actions.run_shell(
        command = _COMMAND,
        arguments = [arguments.add("--quiet")],
        inputs = depset([ctx.file.recipe], transitive = [source[CheckpointInfo].files for source in ctx.attr.sources]),
        outputs = [folder, manifest],
        tools = [merge],
        mnemonic = "MergeCheckpoint",
        progress_message = "Merging %s" % ctx.label,
    )
    files = depset([folder])
    return [
        DefaultInfo(files = depset([folder, manifest]), runfiles = ctx.runfiles(files = [folder])),
        CheckpointInfo(files = files, path = folder.path, short_path = folder.short_path),
        OutputGroupInfo(manifest = depset([manifest]), weights = files),
    ]

merged_checkpoint = rule(
    implementation = _merged_checkpoint_impl,
    doc = """What a recipe makes of checkpoints, judged, as the folder NAME and the manifest NAME.manifest.binpb. It is a checkpoint itself.

The bytes depend on nothing but the attributes and the bytes of the sources. A result that is not what the recipe says is a failed build.
""",
    attrs = dict(
        PRODUCT_ATTRIBUTES,
        recipe = attr.label(
            doc = "A textproto: @weighbridge//recipes:minigpt4.textproto or another one there, or your own.",
            allow_single_file = [".textproto"],
            mandatory = True,
        ),
        sources = attr.label_keyed_string_dict(
            doc = "Checkpoints, each with the id by which the recipe calls it.",
            mandatory = True,
            providers = [CheckpointInfo],
        ),
        format = attr.string(default = "pdparams", values = ["pdparams", "safetensors", "torch"]),
        max_shard_size = attr.string(doc = "Of tensors in one file, such as 10GB; empty: one file."),
        parameters = attr.string_dict(doc = "Values for the recipe's parameters, by name."),
        pad_rows = attr.string(doc = "As the parameter of that name: rows for new tokens; empty: as the recipe says."),
        _merge = tool("//bazel:merge"),
    ),
)
