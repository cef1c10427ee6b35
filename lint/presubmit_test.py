#!/usr/bin/env python3
"""Plants a violation of each check of presubmit.py in a clean tree and expects it to be found, there and nowhere else."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import presubmit  # pylint: disable=wrong-import-position


def header(path, body):
    guard = "WEIGHBRIDGE_%s_" % path.upper().replace("/", "_").replace(".", "_")
    return f"#ifndef {guard}\n#define {guard}\n\n{body}\n\n#endif  // {guard}\n"


CLEAN = {
    "README.md": "The tree.\n",
    "formats/README.md": "Formats.\n",
    "formats/BUILD": '# Not "//visibility:public".\npackage(default_visibility = ["//expr:__subpackages__"])\n',
    "formats/number.h": header("formats/number.h", "namespace weighbridge {\nstruct Range {\n};\nint Add(int a, int b);\n}"),
    "fetch/number.h": header("fetch/number.h", "namespace weighbridge::fetch {\nstruct Range {\n};\nint Add(int a, int b);\n}"),
    "expr/number.h": header("expr/number.h", "namespace weighbridge {\nstruct Range;\nclass Sum {\n  int Add(int a, int b);\n};\nint Add(double a);\n}"),
    "formats/layout.h": header("formats/layout.h", '#include "formats/tensor_spec.h"'),
    "formats/reader.cc": '#include "formats/bytes/byte_cursor.h"\n'
                         "// What std::exit, printf(), getenv() and std::string_view do; vicuna/lm_head.weight.\n"
                         'const char* url = "https://a";\n'
                         "int n = std::snprintf(text, 3, \"a file of llama.cpp\");\n"
                         "const char* bytes = reinterpret_cast<const char*>(data);\n"
                         "auto crc = Crc(reinterpret_cast<const unsigned char*>(data));\n"
                         "absl::little_endian::Store32(out, 1);\n",
    "formats/reader_test.cc": 'const char* shared = std::getenv("WEIGHBRIDGE_SHARED");\nuint32_t n = absl::little_endian::Load32(p);\n',
    "expr/execute_benchmark.cc": "int main() { std::printf(text); }\n",
    "formats/testing.cc": "std::memcpy(&n, p, sizeof(n));\n",
    "formats/bytes/byte_cursor.cc": "uint32_t n = absl::little_endian::Load32(p);\n",
    "expr/plan.cc": '#include "formats/checkpoint.h"\n#include "proto/recipe.pb.h"\n',
    "verify/judge.cc": '#include "formats/checkpoint.h"\n#include "expr/plan.h"\n',
    "verify/judge_test.cc": '#include "expr/expr_testing.h"\n',
    "fetch/hub.cc": "#include <curl/curl.h>\n",
    "tools/README.md": "Programs.\n",
    "tools/BUILD": 'cc_binary(name = "merge", visibility = ["//visibility:public"])\n',
    "tools/merge.cc": '#include <iostream>\n#include "absl/flags/flag.h"\n#include "verify/judge.h"\n'
                      'ABSL_FLAG(int, threads, 0, "");\nint main() { std::cout << std::getenv("HOME"); exit(2); }\n',
    "recipes/minigpt4.textproto": 'name: "minigpt4"\n',
    "docs/architecture.md": "# Architecture\n\n## Rooms\n\n[formats](../formats/README.md#formats), `formats/`, //tools:merge, https://a/b.md\n",
    "docs/spec/formats.md": "# Formats (see ../architecture.md)\n\n## 3. Zip\n\n**3.2** Members.\n\n- **R17** A rule. `blobs/`\n",
    "recipe/cited.h": header("recipe/cited.h", "// Zips (docs/spec/formats.md 3, 3.2 and R17); docs/architecture.md, Rooms; its\n// layout.h is\n"
                                               "// formats/layout.h (docs/spec/formats.md\n// 3.2)."),
    "bazel-out/formats/generated.cc": "#include <string_view>\n",
    ".hidden/note.md": "X" * 3 + "\n",
}

# For each check: the file that breaks it, what the file holds, and the line that must be named.
PLANTED = [
    ("arrow", "verify/a.cc", '#include "execute/normal_form.h"\n', 1),
    ("arrow", "verify/a_test.cc", '#include "recipe/compile.h"\n', 1),
    ("arrow", "base/a.cc", '#include "formats/checkpoint.h"\n', 1),
    ("arrow", "formats/a.cc", '\n#include "expr/plan.h"\n', 2),
    ("arrow", "formats/a.cc", '#include "proto/recipe.pb.h"\n', 1),
    ("arrow", "formats/a_test.cc", '#include "verify/judge.h"\n', 1),
    ("arrow", "expr/a.cc", '#include "verify/digest/digest.h"\n', 1),
    ("arrow", "expr/a.cc", '#include "fetch/hub.h"\n', 1),
    ("arrow", "verify/a.cc", '#include "fetch/hub.h"\n', 1),
    ("arrow", "fetch/a.cc", '#include "expr/plan.h"\n', 1),
    ("name-used-twice", "recipe/range.h", header("recipe/range.h", "namespace weighbridge {\nstruct Range {\n};\n}"), 5),
    ("name-used-twice", "recipe/sum.h", header("recipe/sum.h", "namespace weighbridge {\n\nint Add(int left,\n        int right);\n}"), 6),
    ("arrow", "recipes/a.cc", '#include "tools/embedded.h"\n', 1),
    ("network", "tools/a.cc", "#include <curl/curl.h>\n", 1),
    ("prints", "expr/a.cc", "\n\nvoid F() { std::cerr << 1; }\n", 3),
    ("prints", "expr/a.cc", "#include <iostream>\n", 1),
    ("prints", "expr/a.cc", 'void F() { std::printf("%d", 1); }\n', 1),
    ("prints", "verify/a.cc", 'void F() { fprintf(stderr, "//"); }\n', 1),
    ("exits", "formats/a.cc", "void F() { std::exit(1); }\n", 1),
    ("exits", "verify/a.cc", "void F() { abort(); }\n", 1),
    ("environment", "fetch/a.cc", 'const char* home = std::getenv("HOME");\n', 1),
    ("flags", "expr/a.cc", '#include "absl/flags/flag.h"\n', 1),
    ("flags", "expr/a.cc", 'ABSL_FLAG(int, threads, 0, "");\n', 1),
    ("std-string-view", "tools/a.cc", "void F(std::string_view text);\n", 1),
    ("std-string-view", "formats/a_test.cc", "#include <string_view>\n", 1),
    ("integer-parsing", "formats/a.cc", "auto n = *reinterpret_cast<const uint32_t*>(p);\n", 1),
    ("integer-parsing", "formats/torch/a.cc", "auto n = absl::little_endian::Load64(p);\n", 1),
    ("integer-parsing", "formats/bytes/a.cc", "std::memcpy(&n, p, sizeof(n));\n", 1),
    ("model-words", "expr/a.cc", 'const char* name = "Vicuna";\n', 1),
    ("model-words", "tools/a.cc", "bool IsMiniGpt4();\n", 1),
    ("unfinished-business", "docs/a.md", "Fine.\n" + "TO" + "DO: the rest\n", 2),
    ("unfinished-business", "formats/a.cc", "// " + "FIX" + "ME\n", 1),
    ("header-guard", "expr/a.h", header("expr/b.h", ""), 1),
    ("header-guard", "expr/a.h", "// A comment.\n#pragma once\n", 2),
    ("header-guard", "expr/a.h", header("expr/a.h", "").replace("#endif  // WEIGHBRIDGE_EXPR_A_H_", "#endif"), 1),
    ("size", "expr/a.h", header("expr/a.h", "\n" * 245), 251),
    ("size", "expr/a.cc", "\n" * 501, 501),
    ("readme", "verify/BUILD", "", 1),
    ("mentioned-file", "expr/a.h", header("expr/a.h", "// As plan/expr.h says."), 4),
    ("mentioned-file", "expr/a.cc", "\n// As gone.h says.\n", 2),
    ("mentioned-file", "expr/a.cc", "// As formats/gone.py does.\n", 1),
    ("mentioned-file", "expr/a.cc", "// As architecture.md says.\n", 1),
    ("mentioned-file", "tools/README.md", "A layout is in `layout.h`.\n", 1),
    ("mentioned-folder", "docs/a.md", "Plans are in `plan/`.\n", 1),
    ("mentioned-folder", "docs/a.md", "See //plan.\n", 1),
    ("mentioned-folder", "docs/a.md", "See //tools:gone.\n", 1),
    ("citation", "expr/a.cc", "// A zip (docs/spec/formats.md 3.3).\n", 1),
    ("citation", "expr/a.cc", "// A zip (docs/spec/formats.md 3.2, R18).\n", 1),
    ("citation", "expr/a.cc", "// A zip (docs/spec/formats.md\n// 3.3).\n", 1),
    ("citation", "expr/a.cc", "// Which rooms (docs/architecture.md, Numbers).\n", 1),
    ("mentioned-name", "docs/a.md", "\nThe result of `Range` and\n`Sum::Divide`\n(expr/number.h) is one.\n", 3),
    ("link", "docs/a.md", "[formats](../formats/GONE.md)\n", 1),
    ("visibility", "formats/torch/BUILD", '\ncc_library(name = "a", visibility = ["//visibility:public"])\n', 2),
]


def broken_rules(files, exceptions=()):
    with tempfile.TemporaryDirectory() as root:
        for path, content in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(content)
        return presubmit.broken_rules(root, exceptions)


class PresubmitTest(unittest.TestCase):
    def test_clean_tree_passes(self):
        self.assertEqual(broken_rules(CLEAN), [])

    def test_planted_violations_are_found(self):
        for check, path, content, line in PLANTED:
            with self.subTest(check=check, content=content):
                extra = {os.path.dirname(path) + "/README.md": "Here."} if check != "readme" else {}
                messages = broken_rules({**CLEAN, **extra, path: content})
                self.assertEqual([message.split("] ")[0] for message in messages], [f"{path}:{line}: [{check}"], messages)

    def test_every_check_is_planted(self):
        self.assertEqual({check.name for check in presubmit.CHECKS}, {planted[0] for planted in PLANTED})

    def test_every_message_has_reason_and_cure(self):
        for check in presubmit.CHECKS:
            self.assertTrue(check.reason and check.cure, check.name)

    def test_exception_holds_for_its_check_and_file_only(self):
        exceptions = (("model-words", "tools/a.cc", "its --help"),)
        planted = {"tools/a.cc": 'const char* a = "llama";\n#include <string_view>\n', "tools/b.cc": 'const char* b = "llama";\n'}
        messages = broken_rules({**CLEAN, **planted}, exceptions)
        self.assertEqual([message.split("] ")[0] for message in messages], ["tools/a.cc:2: [std-string-view", "tools/b.cc:1: [model-words"])

    def test_exception_without_need_is_reported(self):
        messages = broken_rules(CLEAN, (("model-words", "tools/gone.cc", "its --help"),))
        self.assertEqual(len(messages), 1)
        self.assertIn("without need", messages[0])


if __name__ == "__main__":
    unittest.main()
