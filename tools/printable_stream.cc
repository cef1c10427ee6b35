#include "tools/printable_stream.h"

#include <cstddef>
#include <ostream>
#include <streambuf>
#include <string>

#include "absl/strings/string_view.h"
#include "base/printable.h"

namespace weighbridge {

PrintableStream::PrintableStream(std::ostream& stream) : stream_(stream), below_(stream.rdbuf(this)) {}

PrintableStream::~PrintableStream() {
  Write(line_.size());
  // Not std::ios::rdbuf alone, which forgets that a write failed.
  const std::ios::iostate state = stream_.rdstate();
  stream_.rdbuf(below_);
  stream_.setstate(state);
}

PrintableStream::int_type PrintableStream::overflow(int_type character) {
  if (traits_type::eq_int_type(character, traits_type::eof())) return traits_type::not_eof(character);
  const char text = traits_type::to_char_type(character);
  return xsputn(&text, 1) == 1 ? character : traits_type::eof();
}

std::streamsize PrintableStream::xsputn(const char* text, std::streamsize size) {
  const absl::string_view added(text, static_cast<size_t>(size));
  const size_t newline = added.rfind('\n');
  const size_t before = line_.size();
  line_.append(text, static_cast<size_t>(size));
  return newline == absl::string_view::npos || Write(before + newline + 1) ? size : 0;
}

int PrintableStream::sync() {
  return Write(line_.size()) && below_->pubsync() == 0 ? 0 : -1;
}

bool PrintableStream::Write(size_t size) {
  const std::string text = PrintableLines(absl::string_view(line_).substr(0, size));
  line_.erase(0, size);
  return below_->sputn(text.data(), static_cast<std::streamsize>(text.size())) == static_cast<std::streamsize>(text.size());
}

}  // namespace weighbridge
