// A graph over a segment's vectors that leads to those near a query without comparing all: HNSW of Malkov and Yashunin
// (arXiv 1603.09320), read in place from a file beside the segment's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "search/graph_walk.h"
#include "search/segment.h"

namespace hanok {

inline constexpr uint32_t kGraphVersion = 1;
// The file: magic [8]; u32 version, layers; u64 checksum of the segment's header, bytes of the file; of each layer,
// the smallest first, u32 nodes, u32 0, u64 checksum of its chunks, u64 checksum of its links; u64 checksum of all
// before. Then of each layer its chunks and its links, each at a multiple of 64.
inline constexpr std::string_view kGraphMagic = "HANOKGRF";
inline constexpr size_t kGraphFixedBytes = 8 + 2 * 4 + 2 * 8;
inline constexpr size_t kGraphLayerBytes = 2 * 4 + 2 * 8;
inline constexpr uint32_t kMostGraphLayers = 8;
inline constexpr size_t kGraphAlignment = 64;

// What a layer of a file is written from.
struct GraphLayerData {
  std::vector<uint32_t> chunks, links;

  GraphLayer view() const {
    return {static_cast<uint32_t>(chunks.size()), reinterpret_cast<const char*>(chunks.data()),
            reinterpret_cast<const char*>(links.data())};
  }
};

struct NearChunk {
  float similarity = 0;
  uint32_t chunk = 0;
};

class VectorGraph {
 public:
  // Maps the file and checks it but for its links, which are looked at when they are followed: a search touches few of
  // them. Errors: kNotFound, kIo; kCorruptFile, also for the graph of another segment; kUnsupported for a newer
  // version.
  static Result<VectorGraph> open(const std::filesystem::path& path, const Segment& segment);
  // The same over bytes that outlive it.
  static Result<VectorGraph> parse(std::string_view bytes, const std::string& where, const Segment& segment);

  uint64_t n_file_bytes() const { return bytes_.size(); }
  size_t n_layers() const { return layers_.size(); }
  // From the smallest to that of all chunks that have a vector.
  const GraphLayer& layer(size_t layer_idx) const { return layers_[layer_idx].view; }

  // Those nearest the query, nearest first, at most options.n_beam of them; nothing where the walk gave up. `rows` are
  // the segment's. Error: kCorruptFile.
  Result<std::optional<std::vector<NearChunk>>> nearest(const VectorRows& rows, const CodedVector& query,
                                                        const WalkOptions& options, DotRows dot_rows) const;

  // Compares the checksums of the links. Error: kCorruptFile.
  Status verify() const;

 private:
  struct Layer {
    GraphLayer view;
    uint64_t chunks_checksum = 0, links_checksum = 0;
  };
  Status read_header(uint64_t segment_checksum);
  Status check_chunks(const VectorRows& rows) const;
  tl::unexpected<Error> broken(const char* what) const;

  std::unique_ptr<MappedFile> file_;
  std::string_view bytes_;
  std::string where_;
  std::vector<Layer> layers_;
};

// From the layers above down to where a walk over layer `n_above` of `layers` begins: the nodes there of those nearest
// the query above. The first layer is looked at whole. Nothing where a link leaves its layer.
std::optional<std::vector<uint32_t>> descend(std::span<const GraphLayer> layers, size_t n_above,
                                             const CodedVector& query, GraphWalker& walker);

// Gives the file's bytes piece by piece.
Status write_graph(std::span<const GraphLayerData> layers, const Segment& segment,
                   const std::function<Status(std::string_view)>& out);

}  // namespace hanok
