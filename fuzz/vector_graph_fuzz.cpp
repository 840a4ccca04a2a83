// Fuzzes the reader of graphs over a segment's vectors: as the bytes are, and with their checksums made right, so that
// what lies behind them is reached. Whatever opens can be walked.
#include <cstddef>
#include <cstdint>
#include <string>

#include "search/segment_builder.h"
#include "search/vector_graph.h"

namespace {

using namespace hanok;

constexpr uint32_t kDim = 4;
constexpr int kVectors = 24;

// The seeds are graphs of it.
const Segment& segment() {
  static const std::string bytes = [] {
    SegmentBuilder builder;
    std::vector<NewChunk> chunks(kVectors);
    for (int i = 0; i < kVectors; ++i) chunks[static_cast<size_t>(i)].text = std::string(1, static_cast<char>('a' + i));
    builder.add({}, std::move(chunks));
    for (int i = 0; i < kVectors; ++i) {
      const auto x = static_cast<float>(i);
      builder.set_vector(static_cast<size_t>(i), std::vector<float>{1, x / kVectors, -x / 9, 0.5f});
    }
    std::string out;
    (void)builder.write(kDim, [&](std::string_view piece) -> Status {
      out += piece;
      return {};
    });
    return out;
  }();
  static const Segment segment = std::move(*Segment::parse(bytes, "segment"));
  return segment;
}

void put(std::string& bytes, size_t at, uint64_t value) {
  for (size_t i = 0; i < 8 && at + i < bytes.size(); ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
}

size_t aligned(size_t offset) {
  return (offset + kGraphAlignment - 1) / kGraphAlignment * kGraphAlignment;
}

std::string with_checksums(std::string bytes) {
  if (bytes.size() < kGraphFixedBytes) return bytes;
  const size_t n_layers = number_at<uint32_t>(bytes, 12) % (kMostGraphLayers + 1);
  const size_t n_checked = kGraphFixedBytes + n_layers * kGraphLayerBytes;
  if (bytes.size() < n_checked + 8) return bytes;
  put(bytes, 16, segment().header_checksum());
  put(bytes, 24, bytes.size());
  size_t at = aligned(n_checked + 8);
  for (size_t i = 0; i < n_layers; ++i) {
    const size_t layer = kGraphFixedBytes + i * kGraphLayerBytes;
    for (const size_t width : {size_t{4}, size_t{4} * kGraphDegree}) {
      const size_t n_bytes = number_at<uint32_t>(bytes, layer) * width;
      if (at > bytes.size() || n_bytes > bytes.size() - at) break;
      put(bytes, layer + (width == 4 ? 8 : 16), checksum_of(std::string_view(bytes).substr(at, n_bytes)));
      at = aligned(at + n_bytes);
    }
  }
  put(bytes, n_checked, checksum_of(std::string_view(bytes).substr(0, n_checked)));
  return bytes;
}

void use(const std::string& bytes) {
  const auto graph = VectorGraph::parse(bytes, "fuzz", segment());
  if (!graph) return;
  (void)graph->verify();
  const QueryCodes query(std::vector<float>{0.5f, -1, 1, 0.1f});
  for (const size_t n_beam : {1, 3, 100}) {
    WalkOptions options;
    options.n_beam = n_beam;
    (void)graph->nearest(segment().vector_rows(), query.view(), options, dot_rows_portable);
    options.passes = [](uint32_t chunk) { return chunk % 3 == 0; };
    options.most_seen = 20;
    (void)graph->nearest(segment().vector_rows(), query.view(), options, dot_rows_portable);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const std::string bytes(reinterpret_cast<const char*>(data), n_bytes);
  use(bytes);
  use(with_checksums(bytes));
  return 0;
}
