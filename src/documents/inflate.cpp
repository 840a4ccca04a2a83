#include "documents/inflate.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

#include "base/locale.h"
#include "documents/limits.h"

namespace hanok {
namespace {

constexpr size_t kStepBytes = size_t{64} << 10;

struct EndInflate {
  void operator()(z_stream* stream) const {
    inflateEnd(stream);
    delete stream;
  }
};

tl::unexpected<Error> damaged(const std::string& where, const char* reason) {
  return fail(ErrorKind::kCorruptFile, in_language("압축된 내용이 깨졌습니다", "the compressed content is damaged"),
              where, "", reason);
}

}  // namespace

Status check_inflation(uint64_t packed_bytes, uint64_t n_bytes, const std::string& where) {
  if (n_bytes <= kFreeInflationBytes || n_bytes / kMaxInflation <= packed_bytes) return {};
  return fail(
      ErrorKind::kLimit, in_language("압축이 지나치게 부풉니다", "the content grows beyond belief when unpacked"),
      where, fmt::format(fmt::runtime(in_language("최대 {}배", "at most {} times")), kMaxInflation),
      fmt::format(fmt::runtime(in_language("{}바이트에서 {}바이트", "{} bytes to {} bytes")), packed_bytes, n_bytes),
      in_language("믿을 수 없는 파일입니다", "do not trust this file"));
}

Result<Inflated> inflate_raw_part(std::string_view packed, uint64_t max_bytes, const std::string& where) {
  std::unique_ptr<z_stream, EndInflate> stream(new z_stream{});
  if (inflateInit2(stream.get(), -15) != Z_OK) throw std::bad_alloc();
  std::string out;
  while (true) {
    if (stream->avail_in == 0) {  // in steps: avail_in is 32 bits wide
      const size_t n_step = std::min<size_t>(packed.size(), size_t{1} << 30);
      if (n_step == 0) return damaged(where, in_language("도중에 끝남", "it ends too early"));
      stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib does not write to it
      stream->avail_in = static_cast<uInt>(n_step);
      packed.remove_prefix(n_step);
    }
    const size_t n_before = out.size();
    out.resize(n_before + kStepBytes);
    stream->next_out = reinterpret_cast<Bytef*>(out.data() + n_before);
    stream->avail_out = static_cast<uInt>(kStepBytes);
    const int code = inflate(stream.get(), Z_NO_FLUSH);
    out.resize(n_before + kStepBytes - stream->avail_out);
    if (out.size() > max_bytes)
      return fail(ErrorKind::kLimit, in_language("내용이 너무 큽니다", "the content is too large"), where,
                  fmt::format(fmt::runtime(in_language("최대 {}바이트", "at most {} bytes")), max_bytes));
    HANOK_RETURN_IF_ERROR(check_inflation(stream->total_in, out.size(), where));
    if (code == Z_STREAM_END) {
      const auto* rest = reinterpret_cast<const char*>(stream->next_in);
      return Inflated{std::move(out), std::string_view(rest, stream->avail_in + packed.size())};
    }
    if (code != Z_OK && code != Z_BUF_ERROR) return damaged(where, stream->msg != nullptr ? stream->msg : "deflate");
    if (code == Z_BUF_ERROR && stream->avail_in == 0 && packed.empty())
      return damaged(where, in_language("도중에 끝남", "it ends too early"));
  }
}

Result<std::string> inflate_raw(std::string_view packed, uint64_t max_bytes, const std::string& where) {
  HANOK_TRY(Inflated inflated, inflate_raw_part(packed, max_bytes, where));
  return std::move(inflated.bytes);
}

}  // namespace hanok
