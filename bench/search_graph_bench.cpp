// Measures the graph of near vectors against the exact scan: how many of the nearest it finds, the time of a query, of
// building it. The vectors are a file's (those that search_quality_bench keeps; where more are wanted, mixtures of two,
// and the queries are left out of the rows) or lie around random centres.
//   search_graph_bench [--rows N] [--vectors FILE] [--noise X] [--queries N] [--threads N]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>

#include <fmt/format.h>

#include "kernels/kernels.h"
#include "search/graph_builder.h"

namespace {

using namespace hanok;
using Clock = std::chrono::steady_clock;

constexpr uint32_t kDim = 384;
constexpr size_t kWanted = 100;  // that a leg puts forward

struct Arguments {
  uint32_t n_rows = 100'000;
  std::string vectors;
  float noise = 1;
  size_t n_queries = 300;
  int n_threads = 0;
};

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

using Vector = std::vector<float>;

void normalise(Vector& vector) {
  double squares = 1e-12;
  for (const float x : vector) squares += static_cast<double>(x) * x;
  for (float& x : vector) x = static_cast<float>(x / std::sqrt(squares));
}

// As search_quality_bench writes them: of each a u64 and its numbers.
std::vector<Vector> read_vectors(const std::string& path) {
  std::vector<Vector> out;
  std::ifstream in(path, std::ios::binary);
  Vector vector(kDim);
  for (uint64_t key = 0; in.read(reinterpret_cast<char*>(&key), sizeof key);)
    if (in.read(reinterpret_cast<char*>(vector.data()), kDim * sizeof(float))) out.push_back(vector);
  return out;
}

// Near one of the centres: noise of `noise` times its length.
Vector vector_near(const std::vector<Vector>& centres, float noise, std::mt19937& random) {
  std::normal_distribution<float> normal;
  Vector vector = centres[random() % centres.size()];
  const float step = noise / std::sqrt(static_cast<float>(kDim));
  for (float& x : vector) x += step * normal(random);
  normalise(vector);
  return vector;
}

std::vector<Vector> random_centres(size_t n, std::mt19937& random) {
  const std::vector<Vector> origin(1, Vector(kDim, 0));
  std::vector<Vector> centres;
  for (size_t i = 0; i < n; ++i) centres.push_back(vector_near(origin, 1, random));
  return centres;
}

Vector mixture(const std::vector<Vector>& of, std::mt19937& random) {
  const Vector &a = of[random() % of.size()], &b = of[random() % of.size()];
  const float share = std::uniform_real_distribution<float>(0.1f, 0.5f)(random);
  Vector vector(kDim);
  for (size_t i = 0; i < kDim; ++i) vector[i] = (1 - share) * a[i] + share * b[i];
  normalise(vector);
  return vector;
}

struct Data {
  std::string scales;
  std::vector<int8_t> codes;
  VectorRows rows() const { return {scales, codes.data(), static_cast<uint32_t>(scales.size() / sizeof(float)), kDim}; }
  void add(const Vector& vector) {
    const QueryCodes coded(vector);
    scales.append(reinterpret_cast<const char*>(&coded.scale), sizeof coded.scale);
    codes.insert(codes.end(), coded.values.begin(), coded.values.end());
  }
};

std::vector<float> scan(const VectorRows& rows, const QueryCodes& query, ThreadPool& pool, DotRows dot_rows) {
  std::vector<float> similarities(rows.n_rows);
  constexpr int64_t kAtOnce = 2048;
  pool.run((rows.n_rows + kAtOnce - 1) / kAtOnce, [&](int64_t part, int) {
    int32_t dots[kAtOnce];
    const auto first = static_cast<uint32_t>(part * kAtOnce);
    const uint32_t n = std::min<uint32_t>(kAtOnce, rows.n_rows - first);
    dot_rows(query.values.data(), rows.row(first), n, kDim, dots);
    for (uint32_t i = 0; i < n; ++i)
      similarities[first + i] = similarity_of(query.scale, rows.scale(first + i), dots[i]);
  });
  return similarities;
}

std::vector<NearChunk> best_of(const std::vector<float>& similarities) {
  std::vector<NearChunk> all(similarities.size());
  for (uint32_t i = 0; i < all.size(); ++i) all[i] = {similarities[i], i};
  std::partial_sort(all.begin(), all.begin() + kWanted, all.end(),
                    [](const NearChunk& a, const NearChunk& b) { return a.similarity > b.similarity; });
  all.resize(kWanted);
  return all;
}

// The share of the first n of `exact` that the graph found: those at least as similar as the n-th count.
double recall(const std::vector<NearChunk>& exact, const std::vector<NearChunk>& found, size_t n) {
  size_t n_found = 0;
  for (size_t i = 0; i < std::min(n, found.size()); ++i) n_found += found[i].similarity >= exact[n - 1].similarity;
  return static_cast<double>(n_found) / static_cast<double>(n);
}

double median(std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  return ms[ms.size() / 2];
}

// Fills both, and returns what the vectors are.
std::string make_vectors(const Arguments& a, Data& data, std::vector<QueryCodes>& queries) {
  std::mt19937 random(1);
  if (!a.vectors.empty()) {
    std::vector<Vector> real = read_vectors(a.vectors);
    std::shuffle(real.begin(), real.end(), random);
    for (size_t i = 0; i < a.n_queries; ++i) queries.emplace_back(real[i]);
    real.erase(real.begin(), real.begin() + static_cast<std::ptrdiff_t>(a.n_queries));
    for (size_t i = 0; i < a.n_rows; ++i) data.add(i < real.size() ? real[i] : mixture(real, random));
    return fmt::format("{} of texts, the rest mixtures", std::min<size_t>(real.size(), a.n_rows));
  }
  const std::vector<Vector> centres = random_centres(a.n_rows / 200 + 1, random);
  for (uint32_t i = 0; i < a.n_rows; ++i) data.add(vector_near(centres, a.noise, random));
  for (size_t i = 0; i < a.n_queries; ++i) queries.emplace_back(vector_near(centres, a.noise, random));
  return fmt::format("around {} centres, noise {}", centres.size(), a.noise);
}

Status run(const Arguments& a) {
  Data data;
  std::vector<QueryCodes> queries;
  const std::string kind = make_vectors(a, data, queries);
  const VectorRows rows = data.rows();
  ThreadPool pool(a.n_threads);
  HANOK_TRY(const KernelTable* kernels, choose_kernels());
  const DotRows dot_rows = dot_rows_for(kernels->isa);
  auto start = Clock::now();
  HANOK_TRY(const std::vector<GraphLayerData> layers, build_graph(rows, pool, dot_rows));
  const double build_s = ms_since(start) / 1000;
  std::vector<GraphLayer> views;
  size_t n_bytes = 0, n_links = 0;
  for (const GraphLayerData& layer : layers) {
    views.push_back(layer.view());
    n_bytes += 4 * (layer.chunks.size() + layer.links.size());
  }
  start = Clock::now();
  for (const uint32_t link : layers.back().links) n_links += link < layers.back().chunks.size() ? 1 : 0;
  const double links_ms = ms_since(start);
  fmt::print(
      "{} vectors ({}); {} threads, {}. Built in {:.1f} s; {:.1f} MB beside {:.1f} of vectors, {:.1f} links a node; "
      "a look at each link takes {:.1f} ms.\n\n",
      a.n_rows, kind, pool.n_threads(), isa_name(kernels->isa), build_s, static_cast<double>(n_bytes) / 1e6,
      static_cast<double>(data.codes.size()) / 1e6, static_cast<double>(n_links) / a.n_rows, links_ms);
  std::vector<std::vector<NearChunk>> exact;
  std::vector<double> ms;
  for (const QueryCodes& query : queries) {
    start = Clock::now();
    const std::vector<float> similarities = scan(rows, query, pool, dot_rows);
    ms.push_back(ms_since(start));
    exact.push_back(best_of(similarities));
  }
  fmt::print("| | recall@10 | recall@100 | ms, median |\n|---|---|---|---|\n| scan | 1 | 1 | {:.2f} |\n", median(ms));
  for (const size_t beam : {50, 100, 200, 400}) {
    double of_10 = 0, of_100 = 0;
    GraphWalker walker(rows, dot_rows);
    ms.clear();
    for (size_t i = 0; i < queries.size(); ++i) {
      start = Clock::now();
      const auto from = descend(views, views.size() - 1, queries[i].view(), walker);
      std::vector<GraphHit> hits;
      walker.walk(views.back(), queries[i].view(), *from, {beam, {}}, hits);
      ms.push_back(ms_since(start));
      std::vector<NearChunk> found;
      for (const GraphHit& hit : hits) found.push_back({hit.similarity, views.back().chunk(hit.node)});
      of_10 += recall(exact[i], found, 10);
      of_100 += recall(exact[i], found, 100);
    }
    fmt::print("| graph, {} kept | {:.4f} | {:.4f} | {:.3f} |\n", beam, of_10 / static_cast<double>(queries.size()),
               of_100 / static_cast<double>(queries.size()), median(ms));
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string word = argv[i];
    if (word == "--rows") a.n_rows = static_cast<uint32_t>(std::strtoul(argv[i + 1], nullptr, 10));
    if (word == "--vectors") a.vectors = argv[i + 1];
    if (word == "--noise") a.noise = std::strtof(argv[i + 1], nullptr);
    if (word == "--queries") a.n_queries = std::strtoul(argv[i + 1], nullptr, 10);
    if (word == "--threads") a.n_threads = std::atoi(argv[i + 1]);
  }
  const hanok::Status done = run(a);
  if (!done) fmt::print(stderr, "{}\n", done.error().to_string());
  return done ? 0 : 1;
}
