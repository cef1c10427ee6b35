"""Files that become part of a program."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def embedded_files(name, srcs, function, **kwargs):
    """A library whose header NAME.h declares `absl::Span<const weighbridge::EmbeddedFile> FUNCTION();`: the files, in the order of srcs.

    Args:
      name: of the library; its header is PACKAGE/NAME.h.
      srcs: text files, without the line ")EMBEDDED".
      function: its name.
      **kwargs: for the library: visibility, tags, ….
    """
    guard = "WEIGHBRIDGE_%s_H_" % (native.package_name() + "/" + name).upper().replace("/", "_")
    native.genrule(
        name = name + "_sources",
        srcs = srcs,
        outs = [name + ".h", name + ".cc"],
        cmd = """
            cat > $(location {name}.h) <<'END'
#ifndef {guard}
#define {guard}

#include "absl/types/span.h"
#include "base/embedded_file.h"

namespace weighbridge {{

absl::Span<const EmbeddedFile> {function}();

}}  // namespace weighbridge

#endif  // {guard}
END
            {{
                echo '#include "{package}/{name}.h"'
                echo 'namespace weighbridge {{'
                echo 'absl::Span<const EmbeddedFile> {function}() {{'
                echo '  static constexpr EmbeddedFile kFiles[] = {{'
                for file in $(SRCS); do
                    base=$$(basename $$file)
                    echo "{{\\"$${{base%.*}}\\", R\\"EMBEDDED($$(cat $$file)"
                    echo ')EMBEDDED"}},'
                done
                echo '  }};'
                echo '  return kFiles;'
                echo '}}'
                echo '}}  // namespace weighbridge'
            }} > $(location {name}.cc)
        """.format(function = function, guard = guard, name = name, package = native.package_name()),
    )
    cc_library(
        name = name,
        srcs = [name + ".cc"],
        hdrs = [name + ".h"],
        deps = [
            Label("//base:embedded_file"),
            "@com_google_absl//absl/types:span",
        ],
        **kwargs
    )
