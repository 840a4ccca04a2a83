// Measures search on labelled sets through the code of the index: one row per leg and per fusion, with all, half and
// none of the query's spaces. Prints Markdown; bench/search_quality makes docs/search-quality.md of it.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <unordered_map>

#include <fmt/format.h>

#include "base/hash.h"
#include "documents/reader.h"
#include "search/chunker.h"
#include "search/graph_builder.h"
#include "search/searcher.h"
#include "search_sets.h"

namespace {

using namespace hanok;

struct Arguments {
  std::filesystem::path data, embedder, vectors;
  size_t every = 1;
  ChunkOptions chunks;
  float title_weight = LexicalOptions().title_weight;
  bool has_titles = true;
  bool is_brief = false;   // the words' row and hanok's alone
  bool has_graph = false;  // also rows through a graph, which so few passages would not get
};

// Vectors by text and role, kept in a file between runs where one is named.
class VectorStore {
 public:
  static Result<VectorStore> open(const Arguments& a) {
    VectorStore store;
    HANOK_TRY(store.embedder_, Embedder::load(a.embedder, {}));
    store.maker_ = vector_maker(*store.embedder_);
    store.path_ = a.vectors;
    std::ifstream in(a.vectors, std::ios::binary);
    std::vector<float> vector(store.maker_.dim);
    for (uint64_t key = 0; in.read(reinterpret_cast<char*>(&key), sizeof key);)
      if (in.read(reinterpret_cast<char*>(vector.data()), static_cast<std::streamsize>(vector.size() * sizeof(float))))
        store.vectors_[key] = vector;
    return store;
  }
  uint32_t dim() const { return maker_.dim; }

  Status prepare(const std::vector<std::string>& texts, TextRole role) {
    std::vector<std::string> missing;
    for (const std::string& text : texts)
      if (vectors_.try_emplace(key_of(text, role)).second) missing.push_back(text);
    HANOK_TRY(const std::vector<float> made, maker_.make(missing, role));
    std::ofstream out;
    if (!path_.empty()) out.open(path_, std::ios::binary | std::ios::app);
    for (size_t i = 0; i < missing.size(); ++i) {
      const uint64_t key = key_of(missing[i], role);
      std::vector<float>& vector = vectors_[key];
      vector.assign(made.begin() + static_cast<std::ptrdiff_t>(i * dim()),
                    made.begin() + static_cast<std::ptrdiff_t>((i + 1) * dim()));
      out.write(reinterpret_cast<const char*>(&key), sizeof key);
      out.write(reinterpret_cast<const char*>(vector.data()), static_cast<std::streamsize>(dim() * sizeof(float)));
    }
    return {};
  }
  const std::vector<float>& vector(const std::string& text, TextRole role) const {
    return vectors_.at(key_of(text, role));
  }

 private:
  static uint64_t key_of(const std::string& text, TextRole role) {
    return fnv1a(text, kFnv1aStart + static_cast<uint64_t>(role));
  }
  std::unique_ptr<Embedder> embedder_;
  VectorMaker maker_;
  std::filesystem::path path_;
  std::unordered_map<uint64_t, std::vector<float>> vectors_;
};

// A set as one segment in memory.
struct IndexedSet {
  std::string bytes, graph_bytes;
  Snapshot snapshot;
};

Status add_graph(IndexedSet& set) {
  LiveSegment& live = set.snapshot.segments[0];
  ThreadPool pool;
  HANOK_TRY(const KernelTable* kernels, choose_kernels());
  HANOK_TRY(const auto layers, build_graph(live.segment->vector_rows(), pool, dot_rows_for(kernels->isa)));
  HANOK_RETURN_IF_ERROR(write_graph(layers, *live.segment, [&](std::string_view piece) -> Status {
    set.graph_bytes += piece;
    return {};
  }));
  HANOK_TRY(VectorGraph graph, VectorGraph::parse(set.graph_bytes, "graph", *live.segment));
  live.graph = std::make_shared<const VectorGraph>(std::move(graph));
  return {};
}

Result<std::unique_ptr<IndexedSet>> index_set(const LabelledSet& set, const Arguments& a, VectorStore* store) {
  SegmentBuilder builder;
  for (const LabelledSet::Document& d : set.documents) {
    HANOK_TRY(const ReadDocument document, read_document(d.text, d.name));
    DocumentEntry entry;
    entry.title = a.has_titles ? d.title : "";
    builder.add(std::move(entry), chunk_document(document, a.chunks));
  }
  if (store != nullptr) {
    std::vector<std::string> texts;
    for (const size_t i : builder.without_vectors(store->dim())) texts.push_back(builder.text_to_embed(i));
    HANOK_RETURN_IF_ERROR(store->prepare(texts, TextRole::kPassage));
    for (const size_t i : builder.without_vectors(store->dim()))
      builder.set_vector(i, store->vector(builder.text_to_embed(i), TextRole::kPassage));
  }
  auto out = std::make_unique<IndexedSet>();
  HANOK_RETURN_IF_ERROR(builder.write(store != nullptr ? store->dim() : 0, [&](std::string_view piece) -> Status {
    out->bytes += piece;
    return {};
  }));
  HANOK_TRY(Segment segment, Segment::parse(out->bytes, set.name));
  LiveSegment live;
  live.segment = std::make_shared<const Segment>(std::move(segment));
  live.is_document_live.assign(live.segment->n_documents(), true);
  live.n_live_documents = live.segment->n_documents();
  live.n_live_chunks = live.segment->n_chunks();
  out->snapshot.segments.push_back(std::move(live));
  if (a.has_graph && store != nullptr) HANOK_RETURN_IF_ERROR(add_graph(*out));
  return out;
}

struct Score {
  double ndcg = 0, recall_1 = 0, recall_5 = 0, recall_10 = 0, mrr = 0, squares = 0;
  size_t n = 0;

  void add(size_t rank) {  // from 1; 0: not found
    const double gain = rank >= 1 && rank <= 10 ? 1 / std::log2(static_cast<double>(rank) + 1) : 0;
    ndcg += gain;
    squares += gain * gain;
    recall_1 += rank == 1 ? 1 : 0;
    recall_5 += rank >= 1 && rank <= 5 ? 1 : 0;
    recall_10 += rank >= 1 && rank <= 10 ? 1 : 0;
    mrr += rank >= 1 ? 1 / static_cast<double>(rank) : 0;
    ++n;
  }
  double mean() const { return ndcg / static_cast<double>(n); }
  double error() const {
    return std::sqrt(std::max(0.0, squares / static_cast<double>(n) - mean() * mean()) / static_cast<double>(n));
  }
};

// The rank of the document among those that the chunks come from.
size_t rank_of(size_t document_idx, const std::vector<RankedChunk>& chunks, const Segment& segment) {
  std::vector<uint32_t> seen;
  for (const RankedChunk& r : chunks) {
    const ChunkEntry chunk = segment.chunk(r.chunk);
    for (uint32_t p = chunk.first_place; p < chunk.first_place + chunk.n_places; ++p) {
      const uint32_t document = segment.document_of_place(p);
      if (std::find(seen.begin(), seen.end(), document) != seen.end()) continue;
      seen.push_back(document);
      if (document == document_idx) return seen.size();
    }
  }
  return 0;
}

// Of large sets every so many is enough to compare variants.
size_t step_of(const LabelledSet& set, const Arguments& a) {
  return set.questions.size() > 1000 ? a.every : 1;
}

struct Row {
  std::string name;
  SearchLegs legs = SearchLegs::kBoth;
  std::optional<float> vector_weight;
  bool titles = true;
  bool is_hanoks = false;
  size_t n_candidates = SearchOptions().n_candidates;
  bool walks = false;  // through the graph
};

constexpr double kSpaces[] = {0, 0.5, 1};

Result<Score> measure(const LabelledSet& set, const IndexedSet& index, const Arguments& a, const Row& row,
                      double spaces, const VectorStore* store) {
  ThreadPool pool;
  HANOK_TRY(const KernelTable* kernels, choose_kernels());
  LexicalOptions lexical;
  lexical.title_weight = row.titles ? a.title_weight : 0;
  const Searcher searcher(index.snapshot, lexical, pool, dot_rows_for(kernels->isa));
  SearchOptions options;
  options.legs = row.legs;
  options.vector_weight = row.vector_weight;
  options.always_walks = row.walks;
  options.n_candidates = row.n_candidates;
  Score score;
  for (size_t i = 0; i < set.questions.size(); i += step_of(set, a)) {
    const std::string query = without_spaces(set.questions[i].text, spaces);
    std::span<const float> vector;
    if (row.legs != SearchLegs::kLexical) vector = store->vector(query, TextRole::kQuery);
    HANOK_TRY(const std::vector<RankedChunk> ranked, searcher.rank(query, vector, options));
    score.add(rank_of(set.questions[i].document_idx, ranked, *index.snapshot.segments[0].segment));
  }
  return score;
}

void print_row(const Row& row, const Score (&scores)[3]) {
  const auto n = static_cast<double>(scores[0].n);
  fmt::print("| {} | {:.4f} ± {:.4f} | {:.4f} | {:.4f} | {:.3f} | {:.3f} | {:.3f} | {:.3f} |\n", row.name,
             scores[0].mean(), scores[0].error(), scores[1].mean(), scores[2].mean(), scores[0].recall_1 / n,
             scores[0].recall_5 / n, scores[0].recall_10 / n, scores[0].mrr / n);
  std::fflush(stdout);
}

struct Floors {
  double spaces[3];
};

// Whether the fused row reaches its floors and no leg alone is better.
bool passes(const std::vector<Row>& rows, const std::vector<std::vector<double>>& means, const Floors& floors) {
  bool all = true;
  for (size_t s = 0; s < 3; ++s) {
    double best_leg = 0, fused = 0;
    for (size_t r = 0; r < rows.size(); ++r) {
      if (rows[r].legs != SearchLegs::kBoth) best_leg = std::max(best_leg, means[r][s]);
      if (rows[r].is_hanoks) fused = means[r][s];
    }
    if (fused > 0 && (fused < best_leg || fused < floors.spaces[s])) {
      fmt::print(stderr, "BELOW: fused {:.4f}, best leg {:.4f}, floor {:.3f}\n", fused, best_leg, floors.spaces[s]);
      all = false;
    }
  }
  return all;
}

std::vector<Row> rows_of(const Arguments& a, bool has_vectors) {
  std::vector<Row> rows{{"words", SearchLegs::kLexical, {}}};
  if (!a.is_brief) rows.push_back({"words, without titles", SearchLegs::kLexical, {}, false});
  if (!has_vectors) return rows;
  if (!a.is_brief) {
    rows.push_back({"vectors", SearchLegs::kVector, {}});
    for (const float w : {0.3f, 0.4f, 0.5f, 0.6f, 0.7f})
      rows.push_back({fmt::format("both, vectors {:.1f}", w), SearchLegs::kBoth, w});
    rows.push_back({"both, without titles among the words", SearchLegs::kBoth, {}, false});
  }
  rows.push_back({"both (what hanok does)", SearchLegs::kBoth, {}, true, true});
  if (!a.has_graph) return rows;
  for (const size_t n : {20, 50, 100}) {
    rows.push_back({fmt::format("both, the best {}, a scan", n), SearchLegs::kBoth, {}, true, false, n});
    rows.push_back({fmt::format("both, the best {}, the graph", n), SearchLegs::kBoth, {}, true, false, n, true});
  }
  return rows;
}

Result<bool> run_set(const LabelledSet& set, const Arguments& a, VectorStore* store, const Floors& floors) {
  HANOK_TRY(const std::unique_ptr<IndexedSet> index, index_set(set, a, store));
  const Segment& segment = *index->snapshot.segments[0].segment;
  fmt::print("\n## {}\n\n{} documents, {} passages of the index, {} questions.\n\n", set.name, segment.n_documents(),
             segment.n_chunks(), (set.questions.size() + step_of(set, a) - 1) / step_of(set, a));
  const std::vector<Row> rows = rows_of(a, store != nullptr);
  if (store != nullptr) {
    for (const double spaces : kSpaces) {
      std::vector<std::string> queries;
      for (size_t i = 0; i < set.questions.size(); i += step_of(set, a))
        queries.push_back(without_spaces(set.questions[i].text, spaces));
      HANOK_RETURN_IF_ERROR(store->prepare(queries, TextRole::kQuery));
    }
  }
  fmt::print(
      "| leg | nDCG@10 | half the spaces | no spaces | recall@1 | recall@5 | recall@10 | MRR |\n"
      "|---|---|---|---|---|---|---|---|\n");
  std::vector<std::vector<double>> means;
  for (const Row& row : rows) {
    Score scores[3];
    for (size_t s = 0; s < 3; ++s) {
      HANOK_TRY(scores[s], measure(set, *index, a, row, kSpaces[s], store));
    }
    means.push_back({scores[0].mean(), scores[1].mean(), scores[2].mean()});
    print_row(row, scores);
  }
  return passes(rows, means, floors);
}

Result<bool> run(const Arguments& a) {
  std::unique_ptr<VectorStore> store;
  if (!a.embedder.empty()) {
    HANOK_TRY(VectorStore opened, VectorStore::open(a));
    store = std::make_unique<VectorStore>(std::move(opened));
  }
  HANOK_TRY(const LabelledSet korquad, read_korquad(a.data / "korquad-1.0" / "KorQuAD_v1.0_dev.json"));
  HANOK_TRY(const LabelledSet ko_bench, read_ko_bench(a.data / "ko-bench" / "ko-bench.json"));
  HANOK_TRY(const bool is_good, run_set(korquad, a, store.get(), {{0.953, 0.948, 0.945}}));
  HANOK_TRY(const bool is_good_too, run_set(ko_bench, a, store.get(), {{0.86, 0, 0}}));
  return is_good && is_good_too;
}

bool parse(int argc, char** argv, Arguments& a) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--embedder" && has_value) {
      a.embedder = argv[++i];
    } else if (word == "--vectors" && has_value) {
      a.vectors = argv[++i];
    } else if (word == "--every" && has_value) {
      a.every = std::max(1ul, std::strtoul(argv[++i], nullptr, 10));
    } else if (word == "--enough" && has_value) {
      a.chunks.enough = std::strtoul(argv[++i], nullptr, 10);
    } else if (word == "--most" && has_value) {
      a.chunks.most = std::max(1ul, std::strtoul(argv[++i], nullptr, 10));
    } else if (word == "--title-weight" && has_value) {
      a.title_weight = std::strtof(argv[++i], nullptr);
    } else if (word == "--brief") {
      a.is_brief = true;
    } else if (word == "--graph") {
      a.has_graph = true;
    } else if (word == "--no-titles") {
      a.has_titles = false;
    } else if (!word.starts_with('-') && a.data.empty()) {
      a.data = word;
    } else {
      return false;
    }
  }
  return !a.data.empty();
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  if (!parse(argc, argv, a)) {
    fmt::print(stderr,
               "usage: {} RETRIEVAL_DATA [--embedder MODEL] [--vectors FILE] [--every N] [--enough N] [--most N] "
               "[--title-weight W] [--no-titles] [--brief] [--graph]\n",
               argv[0]);
    return 2;
  }
  const hanok::Result<bool> good = run(a);
  if (!good) fmt::print(stderr, "{}\n", good.error().to_string());
  return good && *good ? 0 : 1;
}
