// Fuzzes the reader of an index's segments: as the bytes are, and with their checksums made right, so that what lies
// behind them is reached. Whatever opens can be searched, read and written anew.
#include <cstddef>
#include <cstdint>
#include <string>

#include "search/searcher.h"
#include "search/segment_builder.h"
#include "search/segment_format.h"

namespace {

using namespace hanok;

void put_checksum(std::string& bytes, size_t at, std::string_view of) {
  std::string sum;
  put_le(sum, checksum_of(of));
  bytes.replace(at, sum.size(), sum);
}

std::string with_checksums(std::string bytes) {
  if (bytes.size() < kSegmentHeaderBytes) return bytes;
  std::string n_bytes;
  put_le(n_bytes, static_cast<uint64_t>(bytes.size()));
  bytes.replace(kSegmentFixedBytes - 8, 8, n_bytes);
  for (size_t i = 0; i < kSegmentSections; ++i) {
    const size_t at = kSegmentFixedBytes + i * 24;
    const auto offset = number_at<uint64_t>(bytes, at), size = number_at<uint64_t>(bytes, at + 8);
    if (offset <= bytes.size() && size <= bytes.size() - offset)
      put_checksum(bytes, at + 16, std::string(bytes, offset, size));
  }
  put_checksum(bytes, kSegmentHeaderBytes - 8, std::string(bytes, 0, kSegmentHeaderBytes - 8));
  return bytes;
}

void use(const std::string& bytes) {
  auto segment = Segment::parse(bytes, "fuzz");
  if (!segment) return;
  SegmentBuilder builder;
  if (builder.add(*segment, {})) (void)builder.write(segment->dim(), [](std::string_view) -> Status { return {}; });
  Snapshot snapshot;
  LiveSegment live;
  live.segment = std::make_shared<const Segment>(std::move(*segment));
  live.is_document_live.assign(live.segment->n_documents(), true);
  live.n_live_documents = live.segment->n_documents();
  live.n_live_chunks = live.segment->n_chunks();
  const uint32_t dim = live.segment->dim();
  snapshot.segments.push_back(std::move(live));
  static ThreadPool pool(1);
  const Searcher searcher(snapshot, {}, pool, dot_rows_for(Isa::kPortable));
  const std::vector<float> vector(dim, 0.5f);
  for (const char* query : {"연차 휴가는 15일", "travel", "같은 글"}) {
    (void)searcher.search(query, {}, {});
    (void)searcher.search(query, vector, {});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const std::string bytes(reinterpret_cast<const char*>(data), n_bytes);
  use(bytes);
  use(with_checksums(bytes));
  return 0;
}
