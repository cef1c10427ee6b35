#!/usr/bin/env python3
"""Reports where the tree breaks a rule of the house (docs/architecture.md) that no compiler knows: one line each, with reason and cure.

Usage: lint/presubmit.py [ROOT]      Exit code: 0 the tree is clean, 1 it is not.
lint/presubmit_test.py plants a violation of every check.
"""
import ast
import collections
import functools
import os
import re
import sys

Finding = collections.namedtuple("Finding", "path line")
# `find` is a function of a Tree that yields Findings.
Check = collections.namedtuple("Check", "name find reason cure")

CPP = r"\.(h|cc)$"
# What runs as a program of its own or under GoogleTest, and may therefore print, exit and have flags.
TESTS = r"_test\.cc$|(^|[/_])(testing|test_util)\.(h|cc)$"
PROGRAMS = r"^(tools|benchmarks|fuzz)/|_benchmark\.cc$|" + TESTS

# Meant so: (check, path, why). One without need is reported itself.
EXCEPTIONS = (
    ("mentioned-file", "README.zh-CN.md", "names PaddleNLP's instruction"),
    ("model-words", "tools/apply_delta_main.cc", "--help, and the default recipe"),
    ("model-words", "tools/consolidate_main.cc", "--help"),
    ("model-words", "tools/example.cc", "names the checkpoints of the embedded example"),
    ("model-words", "tools/fetch_main.cc", "--help names the sets"),
    ("model-words", "tools/inspect_main.cc", "--help"),
    ("model-words", "tools/merge_main.cc", "--help, and the default recipe"),
    ("model-words", "tools/verify_main.cc", "--help, and the default recipe"),
)


class Tree:
    """The files below a folder by their path from there, without what is hidden and without Bazel's links."""

    def __init__(self, root):
        self.root = root
        self.paths = []
        for folder, subfolders, names in os.walk(root):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "bazel-")) and name != "__pycache__")
            self.paths += [os.path.relpath(os.path.join(folder, name), root) for name in sorted(names)]
        self._texts = {}

    def matching(self, wanted, unwanted=None):
        return [path for path in self.paths if re.search(wanted, path) and not (unwanted and re.search(unwanted, path))]

    def lines(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self._texts[path] = file.read()
        return self._texts[path].split("\n")


def without_comment(line):
    """A line of C++ up to a // that does not stand in a string."""
    return re.match(r"""(?:"(?:\\.|[^"\\])*"|(?!//).)*""", line).group()


def lines_with(pattern, files, unless=None):
    """Every line of code whose part before a comment matches, in the files whose path matches `files` and not `unless`."""

    def find(tree):
        for path in tree.matching(CPP, unless):
            if re.search(files, path):
                for number, line in enumerate(tree.lines(path), 1):
                    if re.search(pattern, without_comment(line)):
                        yield Finding(path, number)

    return find


def includes_of(what, files, unless=None):
    return lines_with(r'#include\s*["<](%s)' % what, files, unless)


def unfinished_business(tree):
    for path in tree.matching(r"\.(h|cc|py|sh|bzl|proto|textproto|md)$|(^|/)(BUILD|WORKSPACE|bazelw|run)$"):
        for number, line in enumerate(tree.lines(path), 1):
            if re.search(r"\b(TO[D]O|FIX[M]E|X{3})\b", line):
                yield Finding(path, number)


def wrong_header_guard(tree):
    for path in tree.matching(r"\.h$"):
        guard = "WEIGHBRIDGE_%s_" % re.sub(r"[^A-Z0-9]", "_", path.upper())
        code = [(number, line) for number, line in enumerate(tree.lines(path), 1) if line and not line.startswith("//")]
        last = tree.lines(path)[-1] or tree.lines(path)[-2]
        if [line for _, line in code[:2]] != ["#ifndef " + guard, "#define " + guard] or last != "#endif  // " + guard:
            yield Finding(path, code[0][0] if code else 1)


def too_long(tree):
    for path in tree.matching(CPP):
        limit = 250 if path.endswith(".h") else 500
        if len(tree.lines(path)) - 1 > limit:
            yield Finding(path, limit + 1)


def no_readme(tree):
    for path in tree.matching(r"(^|/)BUILD$"):
        if os.path.join(os.path.dirname(path), "README.md") not in tree.paths:
            yield Finding(path, 1)


def public_visibility(tree):
    """String constants, so that a comment may speak of it; what users, Bazel itself or other workspaces name may be public."""
    for path in tree.matching(r"(^|/)BUILD$", r"^(bazel|tools|third_party)/BUILD$"):
        for node in ast.walk(ast.parse("\n".join(tree.lines(path)))):
            if isinstance(node, ast.Constant) and node.value == "//visibility:public":
                yield Finding(path, node.lineno)


TYPE = r"^(?:struct|class|enum class|enum) (?P<type>\w+)\b[^;{]*\{"
FUNCTION = r"^(?!using |namespace |template|#|struct |class |enum |static |inline |constexpr |return )\w[\w:<>*&, ]*?\b(?P<name>\w+)\((?P<parameters>[^;{]*?)\);"


def defined_names(text):
    """What a header defines for all: (namespace, type) or (namespace, function and the types of its parameters), each with its line."""
    code = "\n".join(without_comment(line) for line in text.split("\n"))
    namespace = re.search(r"^namespace ([\w:]+) \{", code, re.MULTILINE)
    for match in re.finditer(f"{TYPE}|{FUNCTION}", code, re.MULTILINE):
        what = match["type"]
        if not what:
            types = [re.sub(r"\s*=.*", "", parameter.strip()) for parameter in match["parameters"].split(",")]
            what = "%s(%s)" % (match["name"], ", ".join(re.sub(r"\s*\b\w+$", "", parameter) for parameter in types))
        yield (namespace[1] if namespace else "", what), code.count("\n", 0, match.start()) + 1


def name_used_twice(tree):
    first = {}
    for path in tree.matching(r"\.h$"):
        for name, line in defined_names("\n".join(tree.lines(path))):
            if first.setdefault(name, path) != path:
                yield Finding(path, line)


# Which rooms a room may look into (docs/architecture.md, Rooms): Bazel's visibility says it of targets, this of includes, which GCC takes from
# whatever is in reach. benchmarks, fuzz and the tests of recipes look into all of them.
ROOMS = {
    "base": (),
    "proto": (),
    "formats": ("base",),
    "expr": ("base", "formats", "proto"),
    "recipe": ("base", "formats", "expr", "proto"),
    "execute": ("base", "formats", "expr"),
    "verify": ("base", "formats", "expr", "proto"),
    "fetch": ("base", "formats", "proto"),
    "recipes": ("base", "formats", "proto"),
    "convert": ("base", "formats", "expr", "recipe", "execute", "verify", "fetch", "recipes", "proto"),
}
PROGRAM_ROOMS = ("tools", "benchmarks", "fuzz")


def against_the_arrows(tree):
    for path in tree.matching(CPP):
        room = path.split("/")[0]
        if room not in ROOMS or room == "recipes" and re.search(TESTS, path):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            included = re.match(r'#include "(\w+)/', line)
            if included and included[1] != room and included[1] in (*ROOMS, *PROGRAM_ROOMS) and included[1] not in ROOMS[room]:
                yield Finding(path, number)


# What texts say of other files. A citation is the path of a document from the root (or of one beside the text), and after it numbers or the
# title of a section: `docs/spec/formats.md 3.2, 3.4`; `docs/architecture.md, Rooms`.
TEXTS = r"\.(md|h|cc|py|sh|bzl|proto|textproto|css|js)$|(^|/)(BUILD|WORKSPACE|bazelw|run)$"
PLANTERS = r"^lint/presubmit_test\.py$"
MENTION = re.compile(r"(?<![\w./:{}*$<>@~-])(?<!\]\()(?P<path>(?:[\w.-]+/)*[\w-]+\.(?:h|cc|md|py|proto|textproto|bzl))\b(?![\w/*{}(\]])")
SECTION = r"(?:[A-Z]?\d+(?:\.\d+)*|[A-Z](?:\.\d+)+|[A-Z](?=[),.;:]))"
NUMBERS = re.compile(r" (%s(?:(?:, | and | to )%s)*)" % (SECTION, SECTION))
TITLE = re.compile(r", (?=[A-Z])| \((?=[A-Z])")


def numbers_and_titles(tree, document):
    """The numbers of a document's paragraphs and sections, and the titles of its sections."""
    text = "\n".join(tree.lines(document))
    numbers = re.findall(r"^(?:#+ |(?:- )?\*\*)(%s)(?:\.? |\*\*)" % SECTION, text, re.MULTILINE)
    return set(numbers), re.findall(r"^#+ (.+)$", text, re.MULTILINE)


def mentions(tree):
    """Every path of ours in a text: where it stands, the file if there is one, and the words behind it, without the line's end.

    Ours are paths that begin with a folder of the root, names of documents, and in C++ and documents all headers and names of .cc files. A
    name alone may be that of any file; in a README.md it is of a file in that folder or below.
    """
    paths = set(tree.paths)
    rooms = {path.split("/")[0] for path in paths if "/" in path}
    names = {os.path.basename(path) for path in paths}

    @functools.lru_cache
    def names_near(text):
        folder, name = os.path.split(text)
        return {os.path.basename(path) for path in paths if path.startswith(folder + "/")} if folder and name == "README.md" else names

    for path in tree.matching(TEXTS, PLANTERS):
        text = "\n".join("" if line.startswith("#include") else line for line in tree.lines(path))
        for match in MENTION.finditer(text):
            named = match["path"]
            file = next((it for it in (named, os.path.normpath(os.path.join(os.path.dirname(path), named))) if it in paths), None)
            code = re.search(r"\.(md|h|cc|proto)$", path) and re.search(r"\.h$|^[^/]+\.cc$", named)
            if file or named.split("/")[0] in rooms or code and named not in names_near(path) or re.search(r"^[^/]+\.md$", named):
                behind = re.sub(r"\n\s*(//|#)?\s*", " ", text[match.end():match.end() + 200])
                yield Finding(path, text.count("\n", 0, match.start()) + 1), file, behind


def file_that_is_not_there(tree):
    return (place for place, file, _ in mentions(tree) if not file)


def section_that_is_not_there(tree):
    sections = {path: numbers_and_titles(tree, path) for path in tree.matching(r"^docs/.*\.md$")}
    for place, file, behind in mentions(tree):
        if file in sections:
            numbers, titles = sections[file]
            cited, title = NUMBERS.match(behind), TITLE.match(behind)
            if cited and not set(re.split(", | and | to ", cited[1])) <= numbers or \
                    not cited and title and not any(behind.startswith(it, title.end()) for it in titles):
                yield place


def name_that_is_not_in_its_file(tree):
    """`Name` (its/header.h), in documents."""
    for path in tree.matching(r"\.md$"):
        text = "\n".join(tree.lines(path))
        for match in re.finditer(r"`(?:\w+::)*(\w+)`\s+\(((?:\w+/)+\w+\.(?:h|cc|proto|py|bzl))\b", text):
            if match[2] in tree.paths and not re.search(r"\b%s\b" % match[1], "\n".join(tree.lines(match[2]))):
                yield Finding(path, text.count("\n", 0, match.start()) + 1)


def link_to_nowhere(tree):
    folders = {os.path.dirname(path) for path in tree.paths}
    for path in tree.matching(r"\.md$"):
        for number, line in enumerate(tree.lines(path), 1):
            for target in re.findall(r"\]\((?!https?://)([^)#\s]+)", line):
                target = os.path.normpath(os.path.join(os.path.dirname(path), target))
                if target not in tree.paths and not any((folder + "/").startswith(target + "/") for folder in folders):
                    yield Finding(path, number)


def folder_or_label_that_is_not_there(tree):
    """In documents: folders between backquotes that end with a slash, from the root or the document's own place, and Bazel's labels."""
    folders = {path[:i] for path in tree.paths for i in range(len(path)) if path[i] == "/"}
    for path in tree.matching(r"\.md$", r"^docs/spec/"):
        for number, line in enumerate(tree.lines(path), 1):
            for folder in re.findall(r"`((?:\w+/)+)`", line):
                beside = os.path.normpath(os.path.join(os.path.dirname(path), folder))
                if folder[:-1] not in folders and beside not in folders:
                    yield Finding(path, number)
            for package, target in re.findall(r"(?<![\w:@/.=])//([a-z]\w*(?:/\w+)*):?(\w*(?:\.\w+)*)", line):
                targets = "\n".join(tree.lines(package + "/BUILD")) if package + "/BUILD" in tree.paths else ""
                if package not in folders or target and f'"{target}"' not in targets and f"{package}/{target}" not in tree.paths:
                    yield Finding(path, number)


ARROW = "base <- formats <- expr <- recipe, execute, verify <- convert <- tools; fetch <- convert (docs/architecture.md, Rooms)"

CHECKS = [
    Check("arrow", against_the_arrows,
          "a room knows only those below it: " + ARROW,
          "hand it in as a plain argument, or move the function to the room that it is about"),
    Check("network", includes_of(r"curl/|sys/socket\.h|netdb\.h|netinet/", r".", r"^fetch/"),
          "only fetch/ knows the network",
          "move it to fetch/"),
    Check("prints", lines_with(r"<iostream>|\bstd::(cout|cerr|clog)\b|\b(v?f?printf|f?puts|f?putc|putchar|perror)\s*\(", r".", PROGRAMS),
          "only tools/ prints",
          "return it: an absl::Status, or a value that the tool prints"),
    Check("exits", lines_with(r"(?<![.>\w])(exit|_exit|quick_exit|abort|terminate)\s*\(", r".", PROGRAMS),
          "only tools/ ends the program",
          "return an absl::Status; for our own bugs, assert or absl::InternalError"),
    Check("environment", lines_with(r"\b(secure_)?getenv\s*\(|\benviron\b", r".", PROGRAMS),
          "only tools/ reads the environment",
          "read it in the tool and hand it in as an argument"),
    Check("flags", lines_with(r"\bABSL_(DECLARE_)?FLAG\b|absl/flags/|\bgetopt\w*\s*\(", r".", PROGRAMS),
          "only tools/ parses flags",
          "hand it in as an argument or in an options struct"),
    Check("std-string-view", lines_with(r"\bstd::string_view\b|<string_view>|\bstring_view_literals\b", r"."),
          "Debian's Abseil has a string_view of its own, and neither converts into the other",
          "write absl::string_view; where the standard library wants a view, pass data() and size()"),
    Check("integer-parsing", lines_with(r"reinterpret_cast<\s*(const\s+)?(u?int(16|32|64)_t|unsigned(?! char)|int|long|short|size_t|float|double)\b[^>]*\*\s*>"
                                        r"|\babsl::(little|big)_endian::(Load|ToHost)|\bmemcpy\(\s*&|\b[bl]e(16|32|64)toh\b",
                                        r"^formats/", r"^formats/bytes/byte_cursor\.|" + TESTS),
          "ByteCursor is the only parser of integers: it alone proves that the bytes are there",
          "read it through a ByteCursor over the source"),
    Check("model-words", lines_with(r"(?i)vicuna|blip_?2|mini_?gpt|llama(?!\.cpp)|q_?former|chgnet", r"^(formats|expr|recipe|execute|verify|fetch|convert|tools|benchmarks)/", TESTS),
          "what a model is stands in recipes/ as data, never in code",
          "move it into the recipe; a tool's --help may name one, as an entry of EXCEPTIONS"),
    Check("unfinished-business", unfinished_business,
          "nothing here is left for later",
          "do it, or file an issue"),
    Check("header-guard", wrong_header_guard,
          "a header is guarded by WEIGHBRIDGE_, its path and _H_, which is unique",
          "#ifndef and #define WEIGHBRIDGE_PATH_FILE_H_ first, `#endif  // WEIGHBRIDGE_PATH_FILE_H_` last"),
    Check("name-used-twice", name_used_twice,
          "another header has this name in this namespace; where both are linked, the linker keeps one of the two without a word",
          "say in the name what tells them apart"),
    Check("size", too_long,
          "a header has at most 250 lines, a .cc 500 (docs/architecture.md, Budgets)",
          "what does not fit is two things: split it"),
    Check("readme", no_readme,
          "every package says in its README.md what lives there",
          "write about 15 lines: what lives here, key types, neighbours"),
    Check("mentioned-file", file_that_is_not_there,
          "a text names a file that is not there",
          "write its path from the root, or its name alone for a document beside the text"),
    Check("mentioned-folder", folder_or_label_that_is_not_there,
          "a document names a folder or a label that is not there",
          "write its path from the root, or from the document's own folder"),
    Check("citation", section_that_is_not_there,
          "the document has no section of that number or title",
          "cite as in `docs/spec/formats.md 3.2, 3.4` or `docs/architecture.md, Rooms`"),
    Check("mentioned-name", name_that_is_not_in_its_file,
          "the file between parentheses does not have the name before them",
          "name the file that has it, or the name that it has now"),
    Check("link", link_to_nowhere,
          "a Markdown link leads to nothing",
          "mend its path, which begins at the document's own folder"),
    Check("visibility", public_visibility,
          "visibility enforces the arrows: " + ARROW,
          "name the packages that may depend on it"),
]


def broken_rules(root, exceptions=()):
    """One line for each finding, "path:line: [check] reason. Cure: cure."; none for a clean tree."""
    tree = Tree(root)
    needed = set()
    messages = []
    for check in CHECKS:
        for finding in check.find(tree):
            exception = next((it for it in exceptions if it[:2] == (check.name, finding.path)), None)
            if exception:
                needed.add(exception)
            else:
                messages.append(f"{finding.path}:{finding.line}: [{check.name}] {check.reason}. Cure: {check.cure}.")
    return messages + [f"{exception[1]}:1: [{exception[0]}] is an exception without need. Cure: remove it from lint/presubmit.py."
                       for exception in exceptions if exception not in needed]


def main():
    messages = broken_rules(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__))), EXCEPTIONS)
    for message in messages:
        print(message)
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
