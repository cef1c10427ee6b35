"""The libraries this project uses, one entry each."""

load("//third_party:debian.bzl", "debian_library")

def libraries():
    """Declares one repository for each library."""
    debian_library(
        name = "com_google_absl",
        package = "libabsl-dev",
        headers = ["absl"],
        linkstatic = True,
        targets = {
            "//absl/base:core_headers": "absl_core_headers",
            "//absl/base:endian": "absl_endian",
            "//absl/cleanup:cleanup": "absl_cleanup",
            "//absl/container:btree": "absl_btree",
            "//absl/container:flat_hash_map": "absl_flat_hash_map",
            "//absl/container:flat_hash_set": "absl_flat_hash_set",
            "//absl/container:inlined_vector": "absl_inlined_vector",
            "//absl/flags:flag": "absl_flags",
            "//absl/flags:marshalling": "absl_flags_marshalling",
            "//absl/flags:reflection": "absl_flags_reflection",
            "//absl/functional:any_invocable": "absl_any_invocable",
            "//absl/functional:bind_front": "absl_bind_front",
            "//absl/functional:function_ref": "absl_function_ref",
            "//absl/hash:hash": "absl_hash",
            "//absl/numeric:int128": "absl_int128",
            "//absl/status:status": "absl_status",
            "//absl/status:statusor": "absl_statusor",
            "//absl/strings:cord": "absl_cord",
            "//absl/strings:str_format": "absl_str_format",
            "//absl/strings:strings": "absl_strings",
            "//absl/synchronization:synchronization": "absl_synchronization",
            "//absl/time:time": "absl_time",
            "//absl/types:span": "absl_span",
        },
    )
    debian_library(
        name = "com_google_protobuf",
        package = "libprotobuf-dev protobuf-compiler",
        headers = ["google/protobuf"],
        programs = ["protoc"],
        linkstatic = True,
        targets = {
            "//:protobuf": "protobuf",
            "//:protobuf_lite": "protobuf-lite",
        },
        build_file = Label("//third_party:protobuf.BUILD"),
    )
    debian_library(
        name = "com_google_googletest",
        package = "libgtest-dev libgmock-dev",
        headers = ["gtest", "gmock"],
        linkstatic = True,
        targets = {
            "//:gtest": "gmock gtest",
            "//:gtest_main": "gmock_main gmock gtest",
        },
    )
    debian_library(
        name = "com_github_google_benchmark",
        package = "libbenchmark-dev",
        headers = ["benchmark"],
        targets = {
            "//:benchmark": "benchmark",
            "//:benchmark_main": "-lbenchmark_main benchmark",
        },
    )
    debian_library(
        name = "libzip",
        package = "libzip-dev",
        headers = ["zip.h", "zipconf.h"],
        targets = {"//:zip": "libzip"},
    )
    debian_library(
        name = "xxhash",
        package = "libxxhash-dev",
        headers = ["xxhash.h"],
        linkstatic = True,
        targets = {"//:xxhash": "libxxhash"},
    )
    debian_library(
        name = "com_googlesource_code_re2",
        package = "libre2-dev",
        headers = ["re2"],
        linkstatic = True,
        targets = {"//:re2": "re2"},
    )
    debian_library(
        name = "curl",
        package = "libcurl4-openssl-dev",
        headers = ["curl"],
        targets = {"//:curl": "libcurl"},
    )
    debian_library(
        name = "openssl",
        package = "libssl-dev",
        headers = ["openssl"],
        targets = {
            "//:crypto": "libcrypto",
            "//:ssl": "libssl",
        },
    )
    debian_library(
        name = "nlohmann_json",
        package = "nlohmann-json3-dev",
        headers = ["nlohmann"],
        targets = {"//:json": "nlohmann_json"},
    )
    debian_library(
        name = "isal",
        package = "libisal-dev",
        headers = ["isa-l"],
        linkstatic = True,
        targets = {"//:crc": "libisal"},
    )
    debian_library(
        name = "zlib",
        package = "zlib1g-dev",
        headers = ["zlib.h", "zconf.h"],
        linkstatic = True,
        targets = {"//:zlib": "zlib"},
    )
    debian_library(
        name = "highway",
        package = "libhwy-dev",
        headers = ["hwy"],
        targets = {"//:hwy": "libhwy"},
    )
