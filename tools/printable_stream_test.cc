#include "tools/printable_stream.h"

#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace weighbridge {
namespace {

TEST(PrintableStreamTest, EscapesAlsoWhatComesInParts) {
  std::ostringstream out;
  {
    const PrintableStream printable(out);
    out << "a\xe2\x80" << '\xae' << "b\nsecond\33" << 7;
    EXPECT_EQ(out.str(), "a\\u202eb\n") << "a line that has ended is handed over";
  }
  EXPECT_EQ(out.str(), "a\\u202eb\nsecond\\0337");
  out << "\33";
  EXPECT_EQ(out.str().back(), '\33') << "afterwards the stream is as it was";
}

class Full : public std::streambuf {};

TEST(PrintableStreamTest, AFailureBelowIsOne) {
  Full full;
  std::ostream out(&full);
  {
    const PrintableStream printable(out);
    out << "line\n";
    EXPECT_FALSE(out);
  }
  EXPECT_FALSE(out);
}

}  // namespace
}  // namespace weighbridge
