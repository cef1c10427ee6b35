"""How the tools are compiled, in whatever workspace they are."""

# As in .bazelrc, which another workspace does not read.
_FLAGS = {
    "copt": [
        "-ffp-contract=off",
        "-O2",
    ],
    "cxxopt": ["-std=c++20"],
}

_OPTION = "//command_line_option:"

def _product_impl(settings, _attr):
    result = {_OPTION + "dynamic_mode": "off"}
    for option, flags in _FLAGS.items():
        given = settings[_OPTION + option]
        result[_OPTION + option] = given + [flag for flag in flags if flag not in given]
    return result

# A transition that adds what the flags of the build lack. In Weighbridge's own workspace they lack nothing: there the tools are the very
# ones that its tests have tried.
product = transition(
    implementation = _product_impl,
    inputs = [_OPTION + option for option in _FLAGS],
    outputs = [_OPTION + option for option in _FLAGS.keys() + ["dynamic_mode"]],
)

def tool(label):
    """The attribute for a program of Weighbridge.

    It runs where targets run, not in an exec configuration of its own: there all would be compiled a second time, with other flags.
    """
    return attr.label(default = label, executable = True, cfg = product)

# What Bazel asks of a rule that has such an attribute.
PRODUCT_ATTRIBUTES = {
    "_allowlist_function_transition": attr.label(default = "@bazel_tools//tools/allowlists/function_transition_allowlist"),
}
