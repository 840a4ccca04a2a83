// The command bench: tokens per second of prefill and decode beside the limit of this machine.
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/benchmark.h"
#include "app/commands.h"
#include "app/loading.h"
#include "app/options.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/pull_display.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "base/memory.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMostTokens = 1 << 20;

struct BenchArguments {
  std::string model;
  std::vector<int64_t> prompts{512}, generates{128}, depths{0}, sequences{1};
  int repetitions = 3;
  bool json = false;
  PullOptions pull;
  EngineOptions engine;
};

std::vector<BenchPoint> points_of(const BenchArguments& a) {
  std::vector<BenchPoint> points;
  for (const int64_t depth : a.depths) {
    for (const int64_t n : a.prompts)
      if (n > 0) points.push_back({n, 0, depth, 1});
    for (const int64_t sequences : a.sequences)
      for (const int64_t n : a.generates)
        if (n > 0) points.push_back({0, n, depth, sequences});
  }
  return points;
}

Status check_length(const std::vector<BenchPoint>& points, int64_t max_context) {
  for (const BenchPoint& p : points) {
    const int64_t n = p.depth + std::max(p.n_prompt, p.n_generate);
    if (n <= max_context) continue;
    return fail(ErrorKind::kLimit, in_language("모델의 문맥보다 깁니다", "longer than the model's context"),
                in_language("--depth에 --prompt나 --generate를 더한 것", "--depth with --prompt or --generate"),
                fmt::format(fmt::runtime(in_language("최대 {}토큰", "at most {} tokens")), max_context),
                fmt::format("{}", n));
  }
  return {};
}

std::string name_of(const BenchPoint& p) {
  std::string name = p.n_prompt > 0 ? fmt::format("pp{}", p.n_prompt) : fmt::format("tg{}", p.n_generate);
  if (p.depth > 0) name += fmt::format(" @ d{}", p.depth);
  return p.sequences > 1 ? name + fmt::format(" × {}", p.sequences) : name;
}

// What the keys and values of all sequences take is refused before any of it is computed.
Status check_memory(const std::vector<BenchPoint>& points, const Engine& engine) {
  const auto available = available_memory();
  if (!available) return {};
  for (const BenchPoint& p : points) {
    const int64_t n_tokens = p.depth + std::max(p.n_prompt, p.n_generate);
    const uint64_t needed =
        static_cast<uint64_t>(p.sequences) * KvCache::bytes_for(engine.model().kv_shape(), engine.kv_type(), n_tokens);
    if (needed <= *available) continue;
    return fail(ErrorKind::kOutOfMemory,
                in_language("키와 값이 메모리보다 큽니다", "the keys and values are larger than memory"), name_of(p),
                fmt::format(fmt::runtime(in_language("최대 {:.1f} GB", "at most {:.1f} GB")),
                            static_cast<double>(*available) / 1e9),
                fmt::format("{:.1f} GB", static_cast<double>(needed) / 1e9),
                in_language("--depth나 --sequences를 줄이거나 --kv q8을 쓰세요",
                            "choose a smaller --depth or fewer --sequences, or --kv q8"));
  }
  return {};
}

// The middle value; of an even number the mean of the two in the middle.
double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

struct Measured {
  BenchPoint point;
  std::vector<double> tokens_per_s;  // of each repetition
  double share = 0;
};

Json json_of(const Measured& m) {
  return {{"n_prompt", m.point.n_prompt},
          {"n_generate", m.point.n_generate},
          {"depth", m.point.depth},
          {"sequences", m.point.sequences},
          {"tokens_per_second", median(m.tokens_per_s)},
          {"share_of_limit", m.share},
          {"samples", m.tokens_per_s}};
}

Result<std::vector<Measured>> measure(const BenchArguments& a, const Engine& engine, const MachineLimits& limits) {
  const std::vector<BenchPoint> points = points_of(a);
  HANOK_RETURN_IF_ERROR(check_length(points, engine.info().max_context));
  HANOK_RETURN_IF_ERROR(check_memory(points, engine));
  const TokenCost cost = token_cost(engine);
  constexpr int64_t kManyTokens = 1024;
  const double kv_bytes_per_token =
      static_cast<double>(KvCache::bytes_for(engine.model().kv_shape(), engine.kv_type(), kManyTokens)) / kManyTokens;
  const InterruptScope interrupt;
  const auto go_on = [&interrupt] { return !interrupt.interrupted(); };
  Progress progress(Progress::Unit::kSteps);
  const auto n_runs = static_cast<uint64_t>(a.repetitions) * points.size();
  uint64_t n_done = 0;
  std::vector<Measured> measured;
  for (const BenchPoint& point : points) {
    Measured m{point, {}, 0};
    const auto show = [&] {
      if (stderr_is_terminal()) progress.show(in_language("재는 중", "measuring"), n_done, n_runs, name_of(point));
    };
    show();
    HANOK_TRY(const std::vector<double> seconds, run_point(engine, point, a.repetitions, go_on, [&] {
                ++n_done;
                show();
              }));
    for (const double s : seconds) m.tokens_per_s.push_back(static_cast<double>(point.n_tokens()) / s);
    const double limit_s = least_seconds(point, cost, kv_bytes_per_token, limits);
    m.share = median(m.tokens_per_s) * limit_s / static_cast<double>(point.n_tokens());
    measured.push_back(std::move(m));
  }
  return measured;
}

void print_table(const std::vector<Measured>& measured) {
  Table table({{in_language("시험", "TEST")},
               {in_language("토큰/초", "TOK/S"), true},
               {in_language("최소", "MIN"), true},
               {in_language("최대", "MAX"), true},
               {in_language("한계의", "OF LIMIT"), true}});
  for (const Measured& m : measured) {
    const auto [least, most] = std::minmax_element(m.tokens_per_s.begin(), m.tokens_per_s.end());
    table.add({name_of(m.point), fmt::format("{:.1f}", median(m.tokens_per_s)), fmt::format("{:.1f}", *least),
               fmt::format("{:.1f}", *most), fmt::format("{:.0f} %", 100 * m.share)});
  }
  fmt::print("{}", table.to_string());
}

MachineLimits measured_limits(int n_threads) {
  ThreadPool pool(n_threads);
  return measure_limits(pool);
}

Status bench(const BenchArguments& a) {
  if (points_of(a).empty())
    refuse_value("--prompt, --generate", in_language("하나는 1 이상", "one of them 1 or more"), "0");
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ResolvedModel model, resolve_model(hub, a.model, a.pull));
  // Before the model is loaded, so that what the measuring needs does not add to the memory that the model takes.
  const MachineLimits limits = measured_limits(a.engine.n_threads);
  HANOK_TRY(const std::unique_ptr<Engine> engine, load_engine(model.path, a.engine));
  HANOK_TRY(const std::vector<Measured> measured, measure(a, *engine, limits));
  const std::string isa(isa_name(engine->exec().kernels.isa));
  const int n_threads = engine->exec().pool.n_threads();
  if (!a.json) {
    print_table(measured);
    fmt::print(
        fmt::runtime(in_language(
            "\n{}, {}, 스레드 {}개. 이 기계의 한계: 메모리 읽기 {:.1f} GB/s, int8 {:.0f} GMAC/s, f32 {:.0f} GMAC/s\n",
            "\n{}, {}, {} threads. This machine's limits: memory read {:.1f} GB/s, int8 {:.0f} GMAC/s, f32 {:.0f} "
            "GMAC/s\n")),
        model.name, isa, n_threads, limits.read_bytes_per_s / 1e9, limits.int8_macs_per_s / 1e9,
        limits.f32_macs_per_s / 1e9);
    return {};
  }
  Json results = Json::array();
  for (const Measured& m : measured) results.push_back(json_of(m));
  print_json({{"results", results},
              {"model", model.name},
              {"isa", isa},
              {"threads", n_threads},
              {"kv", engine->kv_type() == KvType::kQ8 ? "q8" : "f16"},
              {"limits",
               {{"read_bytes_per_second", limits.read_bytes_per_s},
                {"int8_macs_per_second", limits.int8_macs_per_s},
                {"f32_macs_per_second", limits.f32_macs_per_s}}}});
  return {};
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
  const auto a = std::make_shared<BenchArguments>();
  CLI::App& command = add_command(
      app, "bench",
      {"초당 토큰 수를 이 기계의 한계와 견주어 잽니다", "measures tokens per second beside this machine's limits"},
      {"hanok bench default\nhanok bench default -p 0 -n 64 --sequences 1,8 --depth 0,2048 --json",
       "hanok bench default\nhanok bench default -p 0 -n 64 --sequences 1,8 --depth 0,2048 --json"});
  add_model(command, a->model);
  add_numbers(command, "-p,--prompt", a->prompts, {0, kMostTokens},
              {"잴 프롬프트의 토큰 수. 0은 재지 않음", "tokens of the prompts to measure; 0: none"});
  add_numbers(command, "-n,--generate", a->generates, {0, kMostTokens},
              {"이어 쓸 토큰 수. 0은 재지 않음", "tokens to generate; 0: none"});
  add_numbers(command, "-d,--depth", a->depths, {0, kMostTokens},
              {"그 앞에 이미 있는 토큰 수", "tokens that are there before"});
  add_numbers(command, "-s,--sequences", a->sequences, {1, 32},
              {"한 걸음에 함께 이어 쓰는 글의 수", "sequences that generate together in one step"});
  add_number(command, "-r,--repetitions", a->repetitions, {1, 1000},
             {"되풀이 수. 가운뎃값을 씁니다", "repetitions, of which the median counts"});
  add_threads(command, a->engine);
  add_kv(command, a->engine.kv);
  add_pull(command, a->pull);
  add_json(command, a->json);
  on_run(command, exit_code, a->json, [a] { return bench(*a); });
}

}  // namespace hanok
