// How a collection's segments are written anew: without what was removed, small ones together.
#include <algorithm>
#include <map>

#include "search/collection.h"

namespace hanok {
namespace {

constexpr size_t kSegmentsOfATier = 4;
constexpr uint32_t kSmallChunks = 512;           // segments of fewer chunks are all of the lowest tier
constexpr uint32_t kMaxMergedChunks = 1u << 19;  // beyond, writing anew costs more than one segment more to search

int tier_of(const LiveSegment& segment) {
  int tier = 0;
  for (uint32_t n = segment.n_live_chunks / kSmallChunks; n > 0; n /= kSegmentsOfATier) ++tier;
  return tier;
}

bool is_stale(const LiveSegment& segment, double dead_share) {
  const uint32_t n_all = segment.segment->n_chunks();
  const uint32_t n_dead = n_all - segment.n_live_chunks;
  if (segment.n_live_documents == segment.segment->n_documents()) return false;
  return segment.n_live_documents == 0 || n_dead >= dead_share * n_all;
}

// Segments to be written as one; empty when all is well.
std::vector<size_t> next_merge(const Snapshot& snapshot, double dead_share) {
  for (size_t i = 0; i < snapshot.segments.size(); ++i)
    if (snapshot.manifest.segments[i].must_rewrite || is_stale(snapshot.segments[i], dead_share)) return {i};
  std::map<int, std::vector<size_t>> tiers;
  for (size_t i = 0; i < snapshot.segments.size(); ++i) tiers[tier_of(snapshot.segments[i])].push_back(i);
  for (auto& [tier, idxs] : tiers) {
    if (idxs.size() < kSegmentsOfATier) continue;
    uint64_t n_chunks = 0;
    for (const size_t i : idxs) n_chunks += snapshot.segments[i].n_live_chunks;
    if (n_chunks <= kMaxMergedChunks) return idxs;
  }
  return {};
}

}  // namespace

Status CollectionWriter::merge(std::vector<size_t> segment_idxs, const Embed& embed) {
  std::sort(segment_idxs.begin(), segment_idxs.end());
  SegmentBuilder builder;
  for (const size_t i : segment_idxs)
    HANOK_RETURN_IF_ERROR(builder.add(*snapshot_.segments[i].segment, snapshot_.manifest.segments[i].removed));
  if (embed) HANOK_RETURN_IF_ERROR(embed(builder));
  std::optional<SegmentReference> reference;
  if (builder.n_documents() > 0) {
    HANOK_TRY(reference, write_segment(builder));
  }
  IndexManifest manifest = snapshot_.manifest;
  for (auto i = segment_idxs.rbegin(); i != segment_idxs.rend(); ++i)
    manifest.segments.erase(manifest.segments.begin() + static_cast<std::ptrdiff_t>(*i));
  if (reference) manifest.segments.push_back(std::move(*reference));
  return publish(std::move(manifest));
}

Status CollectionWriter::compact(double dead_share, const Embed& embed) {
  if (is_changed_) HANOK_RETURN_IF_ERROR(commit());
  while (true) {
    const std::vector<size_t> idxs = next_merge(snapshot_, dead_share);
    if (idxs.empty()) return {};
    HANOK_RETURN_IF_ERROR(merge(idxs, embed));
  }
}

}  // namespace hanok
