// What the tests of search share: a fresh folder, segments in memory, vectors that need no model.
#pragma once

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/hash.h"
#include "scratch.h"
#include "search/collection.h"
#include "search/terms.h"
#include "search/vector_leg.h"

namespace hanok::testing {

inline DocumentEntry document(const std::string& path, const std::string& title = "") {
  DocumentEntry entry;
  entry.source = 1;
  entry.path = path;
  entry.title = title;
  entry.format = "text";
  return entry;
}

inline NewChunk passage(const std::string& text, const std::string& heading = "", int page = 0) {
  NewChunk chunk;
  chunk.text = text;
  chunk.heading = heading;
  chunk.last_page = page;
  chunk.page = {page, page > 0 ? PageCertainty::kExact : PageCertainty::kNone};
  chunk.end = static_cast<uint32_t>(text.size());
  return chunk;
}

inline std::string segment_bytes(const SegmentBuilder& builder, uint32_t dim = 0) {
  std::string bytes;
  const Status written = builder.write(dim, [&](std::string_view piece) -> Status {
    bytes += piece;
    return {};
  });
  EXPECT_TRUE(written);
  return bytes;
}

// A snapshot of one segment over bytes that outlive it.
inline Snapshot snapshot_of(const std::string& bytes) {
  Snapshot snapshot;
  snapshot.manifest.sources.push_back({1, "/documents"});
  auto segment = Segment::parse(bytes, "segment");
  EXPECT_TRUE(segment) << segment.error().to_string();
  LiveSegment live;
  live.segment = std::make_shared<const Segment>(std::move(*segment));
  live.is_document_live.assign(live.segment->n_documents(), true);
  live.n_live_documents = live.segment->n_documents();
  live.n_live_chunks = live.segment->n_chunks();
  snapshot.segments.push_back(std::move(live));
  return snapshot;
}

// Vectors that are near where texts share terms: each term adds to a few of the dimensions.
inline VectorMaker term_vectors(uint32_t dim = 32, const std::string& id = "terms") {
  return {id, dim, [dim](std::span<const std::string> texts, TextRole) -> Result<std::vector<float>> {
            std::vector<float> all;
            for (const std::string& text : texts) {
              std::vector<float> vector(dim, 0.0f);
              for (const std::string& term : query_terms(text)) vector[fnv1a(term) % dim] += 1;
              double squares = 1e-9;
              for (const float x : vector) squares += static_cast<double>(x) * x;
              for (const float x : vector) all.push_back(static_cast<float>(x / std::sqrt(squares)));
            }
            return all;
          }};
}

}  // namespace hanok::testing
