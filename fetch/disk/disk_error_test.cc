#include "fetch/disk/disk_error.h"

#include <cerrno>

#include "absl/status/status.h"
#include "base/file_descriptor.h"
#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(DiskErrorTest, NoErrorOfTheSystemLooksLikeOneOfASource) {
  for (int error = 1; error < 140; ++error) {
    const absl::Status status = DiskError(SystemError(error, "writing", "w"));
    EXPECT_FALSE(status.ok()) << error;
    EXPECT_FALSE(absl::IsUnavailable(status) || absl::IsAborted(status) || absl::IsOutOfRange(status) || absl::IsCancelled(status))
        << error << ": " << status;
  }
}

TEST(DiskErrorTest, WhatAUserCanHelpKeepsItsCode) {
  EXPECT_TRUE(absl::IsResourceExhausted(DiskError(SystemError(ENOSPC, "writing", "w"))));
  EXPECT_TRUE(absl::IsResourceExhausted(DiskError(SystemError(EDQUOT, "writing", "w"))));
  EXPECT_TRUE(absl::IsResourceExhausted(DiskError(SystemError(EFBIG, "writing", "w"))));
  EXPECT_TRUE(absl::IsPermissionDenied(DiskError(SystemError(EROFS, "writing", "w"))));
  EXPECT_TRUE(absl::IsNotFound(DiskError(SystemError(ENOENT, "writing", "w"))));
  EXPECT_TRUE(DiskError(absl::OkStatus()).ok());
}

}  // namespace
}  // namespace weighbridge
