#ifndef WEIGHBRIDGE_TOOLS_PRINTABLE_STREAM_H_
#define WEIGHBRIDGE_TOOLS_PRINTABLE_STREAM_H_

#include <ostream>
#include <streambuf>
#include <string>

namespace weighbridge {

// While it lives, what is written to a stream reaches it as PrintableLines: whatever path or name somebody prints, the terminal sees none
// of its controls. A newline inside a name is for the printer to escape (Printable), who alone knows where a line ends.
class PrintableStream : private std::streambuf {
 public:
  explicit PrintableStream(std::ostream& stream);
  // Writes what is left, also a line without its end.
  ~PrintableStream() override;
  PrintableStream(const PrintableStream&) = delete;
  PrintableStream& operator=(const PrintableStream&) = delete;

 private:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;
  // Hands over the first `size` bytes of the line. False when the stream below fails.
  bool Write(size_t size);

  std::ostream& stream_;
  std::streambuf* below_;
  std::string line_;  // Not yet handed over: a code point may come in two parts.
};

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_TOOLS_PRINTABLE_STREAM_H_
