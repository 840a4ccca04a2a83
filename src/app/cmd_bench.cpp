// The command bench: tokens per second of prefill and decode beside the limit of this machine.
#include <algorithm>
#include <chrono>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/report.h"
#include "engine/session.h"
#include "hub/hub.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

struct BenchArguments {
  std::string model;
  std::vector<int64_t> prompts{512}, generates{32}, depths{0};
  bool json = false;
  PullOptions pull;
  EngineOptions engine;
};

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Bytes per second that all threads read from memory: the best of three passes over 512 MB.
double read_bandwidth(ThreadPool& pool) {
  constexpr int64_t kWords = int64_t{64} << 20, kChunk = int64_t{1} << 16;
  std::vector<uint64_t> memory(static_cast<size_t>(kWords), 1);
  std::atomic<uint64_t> total{0};
  double best = 0;
  for (int pass = 0; pass < 3; ++pass) {
    const double start = now_s();
    pool.run(kWords / kChunk, [&](int64_t chunk, int) {
      uint64_t sum = 0;
      for (int64_t i = chunk * kChunk; i < (chunk + 1) * kChunk; ++i) sum += memory[static_cast<size_t>(i)];
      total += sum;
    });
    best = std::max(best, static_cast<double>(kWords * 8) / (now_s() - start));
  }
  return total > 0 ? best : 0;
}

std::vector<int32_t> some_tokens(int64_t n, int64_t vocab) {
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < n; ++i) ids.push_back(static_cast<int32_t>((1000 + i * 7919) % vocab));
  return ids;
}

Json row(int64_t n_prompt, int64_t n_generate, int64_t depth, double speed, Json share) {
  return {{"n_prompt", n_prompt}, {"n_generate", n_generate},   {"depth", depth},
          {"sequences", 1},       {"tokens_per_second", speed}, {"share_of_limit", std::move(share)}};
}

Result<Json> measure(const BenchArguments& a) {
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ResolvedModel model, hub.resolve(a.model, a.pull));
  EngineOptions options = a.engine;
  const int64_t longest = *std::max_element(a.depths.begin(), a.depths.end()) +
                          std::max(*std::max_element(a.prompts.begin(), a.prompts.end()),
                                   *std::max_element(a.generates.begin(), a.generates.end()) + 2);
  if (options.context == 0) options.context = longest;
  HANOK_TRY(const std::unique_ptr<Engine> engine, Engine::load(model.path, options));
  const double bandwidth = read_bandwidth(engine->exec().pool);
  Session session(*engine);
  const int64_t vocab = engine->info().vocab;
  HANOK_RETURN_IF_ERROR(session.logits(some_tokens(16, vocab), false));  // warms up
  Json results = Json::array();
  for (const int64_t depth : a.depths) {
    const auto start_at_depth = [&]() -> Status {
      session.clear();
      if (depth > 0) HANOK_RETURN_IF_ERROR(session.logits(some_tokens(depth, vocab), false));
      return {};
    };
    for (const int64_t n : a.prompts) {
      if (n <= 0) continue;
      HANOK_RETURN_IF_ERROR(start_at_depth());
      const double start = now_s();
      HANOK_RETURN_IF_ERROR(session.logits(some_tokens(n, vocab), false));
      results.push_back(row(n, 0, depth, static_cast<double>(n) / (now_s() - start), nullptr));
    }
    for (const int64_t n : a.generates) {
      if (n <= 0) continue;
      HANOK_RETURN_IF_ERROR(start_at_depth());
      const double start = now_s();
      for (int64_t i = 0; i < n; ++i) HANOK_RETURN_IF_ERROR(session.logits(some_tokens(1, vocab), false));
      const double speed = static_cast<double>(n) / (now_s() - start);
      const auto bytes = static_cast<double>(engine->info().weights_bytes +
                                             KvCache::bytes_for(engine->model().kv_shape(), options.kv, depth + n / 2));
      results.push_back(row(0, n, depth, speed, speed * bytes / bandwidth));
    }
  }
  return Json{{"results", results},
              {"read_bandwidth_bytes_per_second", bandwidth},
              {"isa", std::string(isa_name(engine->exec().kernels.isa))},
              {"threads", engine->exec().pool.n_threads()}};
}

Status bench(const BenchArguments& a) {
  HANOK_TRY(const Json json, measure(a));
  if (a.json) {
    fmt::print("{}\n", json.dump());
    return {};
  }
  fmt::print("{:>8} {:>8} {:>8} {:>10} {:>10}\n", "prompt", "generate", "depth", "tok/s", "of limit");
  for (const Json& r : json["results"]) {
    const std::string share =
        r["share_of_limit"].is_null() ? "-" : fmt::format("{:.0f} %", 100 * r["share_of_limit"].get<double>());
    fmt::print("{:>8} {:>8} {:>8} {:>10.1f} {:>10}\n", r["n_prompt"].dump(), r["n_generate"].dump(), r["depth"].dump(),
               r["tokens_per_second"].get<double>(), share);
  }
  fmt::print("{}: {:.1f} GB/s, {}, {} threads\n", in_language("메모리 읽기", "memory read"),
             json["read_bandwidth_bytes_per_second"].get<double>() / 1e9, json["isa"].get<std::string>(),
             json["threads"].dump());
  return {};
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<BenchArguments>();
  CLI::App* command = app.add_subcommand("bench", in_language("초당 토큰 수를 잽니다", "measures tokens per second"));
  command->add_option("MODEL", arguments->model)->required();
  command->add_option("-p,--prompt", arguments->prompts)->delimiter(',')->check(CLI::Range(0, 1 << 20));
  command->add_option("-n,--generate", arguments->generates)->delimiter(',')->check(CLI::Range(0, 1 << 20));
  command->add_option("-d,--depth", arguments->depths)->delimiter(',')->check(CLI::Range(0, 1 << 20));
  command->add_option("--threads", arguments->engine.n_threads);
  command->add_flag("--json", arguments->json);
  command->add_flag("--offline", arguments->pull.offline);
  command->callback([arguments, &exit_code] {
    if (const Status status = bench(*arguments); !status) exit_code = report(status.error());
  });
}

}  // namespace hanok
