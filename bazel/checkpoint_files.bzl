"""Checkpoints as the rules of this folder hand them on."""

CheckpointInfo = provider(
    doc = "A checkpoint: what the tools take as CHECKPOINT.",
    fields = {
        "files": "depset of File: all that the tools read of it.",
        "path": "string: the file, index or folder that stands for it, in an action.",
        "short_path": "string: the same in a test, from the folder of the workspace's runfiles.",
    },
)

def _parent(path):
    return path.rpartition("/")[0]

def _checkpoint_files_impl(ctx):
    files = ctx.files.srcs
    main = ctx.file.main
    if not main and len(files) == 1:
        main = files[0]
    folders = {_parent(file.short_path): True for file in files}
    if len(folders) != 1:
        fail("the files of a checkpoint lie in one folder, not in these: %s" % (folders.keys() or "there are none"))
    path = main.path if main else _parent(files[0].path)
    short_path = main.short_path if main else _parent(files[0].short_path)
    all_files = depset(files)
    return [
        DefaultInfo(files = all_files, runfiles = ctx.runfiles(transitive_files = all_files)),
        CheckpointInfo(files = all_files, path = path, short_path = short_path),
    ]

checkpoint_files = rule(
    implementation = _checkpoint_files_impl,
    doc = "The checkpoint that some files are: one file, or those of a model's folder.",
    attrs = {
        "srcs": attr.label_list(
            doc = "Weights and what belongs to them (index, config, tokenizer), all in one folder.",
            allow_files = True,
            mandatory = True,
        ),
        "main": attr.label(
            doc = "Of `srcs` the weights or the index that are meant, where their folder holds more than one checkpoint.",
            allow_single_file = True,
        ),
    },
)
