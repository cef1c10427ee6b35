"""Weights outside of the source tree as a repository."""

_BUILD = """load("@{weighbridge}//bazel:checkpoint_files.bzl", "checkpoint_files")

checkpoint_files(
    name = "{name}",
    srcs = glob({members}, exclude = ["{folder}/.*"]),
    main = {main},
    visibility = ["//visibility:public"],
)
"""

# What the tools may read beside weights in their folder.
_COMPANIONS = [
    "added_tokens.json",
    "config.json",
    "generation_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
]

def _members(main):
    """Names and patterns of the files that belong to `main`, weights or an index, in its folder."""
    weights, is_index, _ = main.partition(".index.json")
    stem, _, extension = weights.rpartition(".")
    return [main] + _COMPANIONS + (["%s-*.%s" % (stem, extension)] if is_index else [])

def _checkpoint_impl(ctx):
    path = ctx.attr.path
    if not path.startswith("/"):
        path = "%s/%s" % (ctx.path(Label("@//:WORKSPACE")).dirname, path)
    path = ctx.path(path)
    if not path.exists:
        fail("@%s: there is no %s" % (ctx.name, path))
    is_folder = ctx.execute(["test", "-d", str(path)]).return_code == 0
    folder = path if is_folder else path.dirname

    # The folder as a whole: so Bazel sees which files come and go.
    ctx.symlink(folder, folder.basename)
    ctx.file("BUILD.bazel", _BUILD.format(
        weighbridge = Label("//bazel:checkpoint_files.bzl").workspace_name,
        name = ctx.name,
        folder = folder.basename,
        members = ["%s/%s" % (folder.basename, member) for member in (["*"] if is_folder else _members(path.basename))],
        main = None if is_folder else repr("%s/%s" % (folder.basename, path.basename)),
    ))

checkpoint = repository_rule(
    implementation = _checkpoint_impl,
    doc = "The weights at `path` as @NAME. Nothing is copied; Bazel notices when files change, come or go.",
    local = True,
    attrs = {
        "path": attr.string(
            doc = """A model's folder, or of its files the weights or the index that are meant.

            A relative path begins at the workspace's root, which needs a BUILD file then.""",
            mandatory = True,
        ),
    },
)
