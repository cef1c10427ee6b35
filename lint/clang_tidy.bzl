"""clang-tidy as Bazel actions, one for each .cc file: run again only where the file, a header that it may include, or .clang-tidy changed.

    ./bazelw build --config=tidy //...
"""

_VERSION = "22.1.8"

_PROGRAM = "clang_tidy/data/bin/clang-tidy"

def _clang_tidy_repository_impl(ctx):
    result = ctx.execute(
        ["python3", "-m", "pip", "install", "--quiet", "--no-cache-dir", "--no-deps", "--root-user-action=ignore", "--disable-pip-version-check", "--target=.", "clang-tidy==" + _VERSION],
    )
    if result.return_code:
        fail("@clang_tidy: %s; try: apt-get install python3-pip" % result.stderr)
    ctx.file("BUILD.bazel", """exports_files(["%s"])""" % _PROGRAM)

# From PyPI, since from version 22 on clang-tidy passes over what system headers declare: a third of the time that Debian's 16 takes.
clang_tidy_repository = repository_rule(
    implementation = _clang_tidy_repository_impl,
    doc = "The program, fetched only where it is asked for.",
)

def _is_ours(file, extensions):
    return file.is_source and file.extension in extensions

def _clang_tidy_impl(_target, ctx):
    if ctx.rule.kind not in ["cc_binary", "cc_library", "cc_test"] or ctx.label.workspace_name:
        return []
    attributes = ctx.rule.attr
    files = [file for label in attributes.srcs + getattr(attributes, "hdrs", []) for file in label.files.to_list()]
    dependencies = [dependency[CcInfo] for dependency in attributes.deps if CcInfo in dependency]
    context = cc_common.merge_cc_infos(cc_infos = dependencies).compilation_context

    arguments = ctx.actions.args()
    arguments.add("--quiet")
    arguments.add(ctx.file._config, format = "--config-file=%s")
    arguments.add_all(["--", "-xc++", "-std=c++20", "-iquote", "."])
    arguments.add_all(context.quote_includes, before_each = "-iquote")
    arguments.add_all(depset(transitive = [context.includes, context.system_includes]), before_each = "-isystem")
    arguments.add_all(context.defines, before_each = "-D")

    outputs = []
    for source in [file for file in files if _is_ours(file, ["cc"])]:
        output = ctx.actions.declare_file("%s.clang_tidy/%s" % (ctx.label.name, source.basename))
        ctx.actions.run_shell(
            command = """output=$1; shift; "$@" >"$output" 2>&1 || { sed "s|$PWD/||" "$output"; exit 1; }""",
            arguments = [output.path, ctx.executable._program.path, source.path, arguments],
            inputs = depset(files + [ctx.file._config], transitive = [context.headers]),
            tools = [ctx.executable._program],
            outputs = [output],
            mnemonic = "ClangTidy",
            progress_message = "clang-tidy " + source.short_path,
        )
        outputs.append(output)
    return [OutputGroupInfo(clang_tidy = depset(outputs))]

clang_tidy = aspect(
    implementation = _clang_tidy_impl,
    attrs = {
        "_config": attr.label(default = "//:.clang-tidy", allow_single_file = True),
        "_program": attr.label(default = "@clang_tidy//:" + _PROGRAM, allow_single_file = True, executable = True, cfg = "exec"),
    },
)
