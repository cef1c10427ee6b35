"""What a workspace needs that uses Weighbridge."""

load("//third_party:bazel_tools.bzl", "bazel_tools")
load("//third_party:libraries.bzl", "libraries")

def weighbridge_dependencies():
    """Declares the repositories that Weighbridge is built from, but for those that are declared already."""
    bazel_tools()
    libraries()
