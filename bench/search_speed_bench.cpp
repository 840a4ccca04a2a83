// Measures the index at size: passages a second, bytes, and the time of queries. Passages are made of the sentences of
// the given texts, mixed anew until there are enough; vectors are random, as the scan's time does not depend on them.
//   search_speed_bench [--passages N] [--embedder MODEL] TEXT_FILE…
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include <fmt/format.h>

#include "search/searcher.h"
#include "search/sentences.h"
#include "text/unicode.h"

namespace {

using namespace hanok;
using Clock = std::chrono::steady_clock;

constexpr uint32_t kDim = 384;
constexpr size_t kQueries = 300;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::vector<std::string> read_sentences(const std::vector<std::string>& files) {
  std::vector<std::string> out;
  for (const std::string& file : files) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    const std::string valid = replace_invalid_utf8(text.str());
    for (const TextSpan s : split_sentences(valid)) out.push_back(valid.substr(s.begin, s.end - s.begin));
  }
  return out;
}

std::vector<float> random_vector(std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> vector(kDim);
  double squares = 0;
  for (float& x : vector) x = normal(random), squares += static_cast<double>(x) * x;
  for (float& x : vector) x = static_cast<float>(x / std::sqrt(squares));
  return vector;
}

// Documents of ten passages of about 450 characters each.
std::vector<std::vector<NewChunk>> make_documents(const std::vector<std::string>& sentences, size_t n_passages,
                                                  std::mt19937& random) {
  std::vector<std::vector<NewChunk>> documents;
  for (size_t i = 0; i < n_passages; ++i) {
    if (i % 10 == 0) documents.emplace_back();
    NewChunk chunk;
    while (chunk.text.size() < 1000) chunk.text += sentences[random() % sentences.size()] + " ";
    chunk.heading = sentences[random() % sentences.size()].substr(0, 30);
    chunk.heading = replace_invalid_utf8(chunk.heading);
    documents.back().push_back(std::move(chunk));
  }
  return documents;
}

void print_times(const char* name, std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  fmt::print("| {} | {:.1f} | {:.1f} | {:.1f} |\n", name, ms[ms.size() / 2], ms[ms.size() * 95 / 100], ms.back());
}

// A part of a sentence, as a query of 12 to 30 characters; every third without spaces.
std::string make_query(const std::vector<std::string>& sentences, std::mt19937& random) {
  std::string query;
  const std::string& sentence = sentences[random() % sentences.size()];
  size_t n = 12 + random() % 19;
  const bool no_spaces = random() % 3 == 0;
  for_each_char(sentence, [&](char32_t c, std::string_view bytes) {
    if (n == 0 || (no_spaces && is_white_space(c))) return;
    query += bytes;
    --n;
  });
  return query;
}

Status build(const std::filesystem::path& folder, const std::vector<std::string>& sentences, size_t n_passages) {
  std::mt19937 random(1);
  auto documents = make_documents(sentences, n_passages, random);
  uint64_t text_bytes = 0;
  for (const auto& d : documents)
    for (const NewChunk& c : d) text_bytes += c.text.size();
  HANOK_TRY(CollectionWriter writer, CollectionWriter::open(folder));
  const auto start = Clock::now();
  SegmentBuilder builder;
  for (size_t i = 0; i < documents.size(); ++i) {
    DocumentEntry entry;
    entry.path = fmt::format("{}.txt", i);
    builder.add(std::move(entry), std::move(documents[i]));
    if (builder.n_chunks() < 8192 && i + 1 < documents.size()) continue;
    HANOK_RETURN_IF_ERROR(writer.commit(&builder));
    HANOK_RETURN_IF_ERROR(writer.compact(0.3));
    builder = SegmentBuilder();
  }
  const double seconds = ms_since(start) / 1000;
  fmt::print(
      "{} passages, {:.1f} MB of text. Words alone: {:.0f} passages/s, index {:.1f} MB = {:.2f} of the text, {} "
      "segments\n",
      n_passages, static_cast<double>(text_bytes) / 1e6, static_cast<double>(n_passages) / seconds,
      static_cast<double>(writer.snapshot().n_bytes()) / 1e6,
      static_cast<double>(writer.snapshot().n_bytes()) / static_cast<double>(text_bytes),
      writer.snapshot().segments.size());
  writer.manifest().dim = kDim;
  std::vector<size_t> all(writer.snapshot().segments.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  HANOK_RETURN_IF_ERROR(writer.merge(all, [&](SegmentBuilder& merged) -> Status {
    for (const size_t i : merged.without_vectors(kDim)) merged.set_vector(i, random_vector(random));
    return {};
  }));
  fmt::print("with vectors of {} codes: {:.1f} MB\n\n", kDim, static_cast<double>(writer.snapshot().n_bytes()) / 1e6);
  return {};
}

Status run(const std::vector<std::string>& files, size_t n_passages, const std::string& embedder_path) {
  const std::vector<std::string> sentences = read_sentences(files);
  std::string name = (std::filesystem::temp_directory_path() / "hanok-speed-XXXXXX").string();
  const std::filesystem::path folder = std::filesystem::path(::mkdtemp(name.data())) / "collection";
  HANOK_RETURN_IF_ERROR(build(folder, sentences, n_passages));
  auto start = Clock::now();
  HANOK_TRY(const Snapshot snapshot, open_snapshot(folder));
  const double open_ms = ms_since(start);
  ThreadPool pool;
  HANOK_TRY(const KernelTable* kernels, choose_kernels());
  start = Clock::now();
  const Searcher searcher(snapshot, {}, pool, dot_rows_for(kernels->isa));
  fmt::print("opening the collection {:.1f} ms, preparing the search {:.1f} ms, {} threads, {}\n\n", open_ms,
             ms_since(start), pool.n_threads(), isa_name(kernels->isa));
  std::unique_ptr<Embedder> embedder;
  if (!embedder_path.empty()) {
    HANOK_TRY(embedder, Embedder::load(embedder_path, {}));
  }
  std::mt19937 random(2);
  std::vector<double> words, vectors, embedding, whole;
  for (size_t i = 0; i < kQueries; ++i) {
    const std::string query = make_query(sentences, random);
    std::vector<float> vector = random_vector(random);
    const auto begin = Clock::now();
    if (embedder) {
      HANOK_TRY(const Embeddings made, embedder->embed(std::span(&query, 1), TextRole::kQuery));
      embedding.push_back(ms_since(begin));
      vector = made.vectors;
    }
    HANOK_TRY(const auto results, searcher.search(query, vector, {}));
    whole.push_back(ms_since(begin));
    SearchOptions one_leg;
    one_leg.legs = SearchLegs::kLexical;
    auto at = Clock::now();
    HANOK_TRY(const auto by_words, searcher.rank(query, {}, one_leg));
    words.push_back(ms_since(at));
    one_leg.legs = SearchLegs::kVector;
    at = Clock::now();
    HANOK_TRY(const auto by_vectors, searcher.rank(query, vector, one_leg));
    vectors.push_back(ms_since(at));
  }
  fmt::print("| ms | median | p95 | most |\n|---|---|---|---|\n");
  print_times("words", words);
  print_times("vectors, exact scan", vectors);
  if (embedder) print_times("the query's vector", embedding);
  print_times(embedder ? "a search, the query's vector and the results' texts included"
                       : "a search, without the query's vector",
              whole);
  std::error_code ignored;
  std::filesystem::remove_all(folder.parent_path(), ignored);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  size_t n_passages = 100'000;
  std::string embedder;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--passages" && i + 1 < argc) {
      n_passages = std::strtoul(argv[++i], nullptr, 10);
    } else if (word == "--embedder" && i + 1 < argc) {
      embedder = argv[++i];
    } else {
      files.push_back(word);
    }
  }
  if (files.empty() || n_passages == 0) {
    fmt::print(stderr, "usage: {} [--passages N] [--embedder MODEL] TEXT_FILE...\n", argv[0]);
    return 2;
  }
  const hanok::Status done = run(files, n_passages, embedder);
  if (!done) fmt::print(stderr, "{}\n", done.error().to_string());
  return done ? 0 : 1;
}
