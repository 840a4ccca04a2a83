// The command perplexity: how well a model foresees a text, and how far the integer run is from the f32 run.
#include <algorithm>
#include <limits>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/input.h"
#include "app/loading.h"
#include "app/options.h"
#include "app/output.h"
#include "app/perplexity.h"
#include "app/progress.h"
#include "app/pull_display.h"
#include "app/signals.h"

namespace hanok {
namespace {

struct PerplexityArguments {
  std::string model, file;
  int64_t context = 512, n_chunks = 0;
  bool json = false, kl = false;
  PullOptions pull;
  EngineOptions engine;
};

Result<std::unique_ptr<Engine>> load(const PerplexityArguments& a, const std::filesystem::path& path,
                                     Precision precision) {
  EngineOptions options = a.engine;
  options.precision = precision;
  options.context = a.context;
  if (precision == Precision::kF32) options.kv = KvType::kF32;
  return load_engine(path, options);
}

void print_score(const PerplexityArguments& a, const PerplexityScore& score) {
  const double divergence = score.divergence / static_cast<double>(score.n_tokens);
  if (a.json) {
    nlohmann::ordered_json json{{"perplexity", score.perplexity()},
                                {"n_tokens", score.n_tokens},
                                {"standard_error", score.standard_error()},
                                {"n_chunks", score.n_chunks},
                                {"context", a.context}};
    if (a.kl) json["mean_kl_divergence"] = divergence;
    print_json(json);
    return;
  }
  fmt::print(fmt::runtime(in_language("혼란도 {:.4f} ± {:.4f} (토큰 {}개, 문맥 {})\n",
                                      "perplexity {:.4f} ± {:.4f} ({} tokens, context {})\n")),
             score.perplexity(), score.standard_error(), score.n_tokens, a.context);
  if (a.kl)
    fmt::print("{} {:.6f}\n", in_language("f32 실행과의 평균 KL 발산", "mean KL divergence from the f32 run"),
               divergence);
}

Status perplexity(const PerplexityArguments& a) {
  if (a.context % 2 != 0) {
    return fail(ErrorKind::kInvalidInput, "the context is halved: it must be even", "--context", "an even number",
                fmt::format("{}", a.context));
  }
  HANOK_TRY(const std::string text, read_text(a.file));
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ResolvedModel model, resolve_model(hub, a.model, a.pull));
  HANOK_TRY(const std::unique_ptr<Engine> engine, load(a, model.path, a.engine.precision));
  std::unique_ptr<Engine> reference;
  if (a.kl) {
    HANOK_TRY(reference, load(a, model.path, Precision::kF32));
  }
  // As llama-perplexity does: names of special tokens in the text are plain text.
  HANOK_TRY(const std::vector<int32_t> ids,
            engine->tokenizer().encode(text, {.add_special = true, .parse_special = false}));
  const auto n_there = static_cast<int64_t>(ids.size()) / a.context;
  const int64_t n_chunks = a.n_chunks > 0 ? std::min(a.n_chunks, n_there) : n_there;
  const InterruptScope interrupt;
  Progress progress(Progress::Unit::kSteps);
  const auto after_chunk = [&](const PerplexityScore& score) {
    progress.show(in_language("혼란도", "perplexity"), static_cast<uint64_t>(score.n_chunks),
                  static_cast<uint64_t>(n_chunks), fmt::format("{:.4f}", score.perplexity()));
    return !interrupt.interrupted() || score.n_chunks == n_chunks;
  };
  HANOK_TRY(const PerplexityScore score,
            score_perplexity(*engine, reference.get(), ids, a.context, n_chunks, after_chunk));
  progress.finish();
  print_score(a, score);
  return {};
}

}  // namespace

void add_perplexity(CLI::App& app, int& exit_code) {
  const auto a = std::make_shared<PerplexityArguments>();
  CLI::App& command = add_command(
      app, "perplexity", {"모델이 글을 얼마나 잘 내다보는지 잽니다", "measures how well a model foresees a text"},
      {"hanok perplexity default 글.txt\nhanok perplexity default 글.txt --kl --chunks 8 --json",
       "hanok perplexity default text.txt\nhanok perplexity default text.txt --kl --chunks 8 --json"});
  add_model(command, a->model);
  add_positional(command, "FILE", a->file, true,
                 {"잴 글이 든 파일. -는 표준 입력", "the file with the text, - for standard input"});
  add_number(command, "--context", a->context, {4, 1 << 20},
             {"조각 하나의 토큰 수. 뒤쪽 절반을 잽니다", "tokens of one chunk, whose second half is scored"});
  add_number(command, "--chunks", a->n_chunks, {0, 1 << 30}, {"잴 조각 수", "chunks to score"}, {"0: 모두", "0: all"});
  add_flag(command, "--kl", a->kl,
           {"f32 실행과의 쿨백-라이블러 발산도 잽니다(느림)",
            "also the Kullback-Leibler divergence from the f32 run (slow)"});
  add_threads(command, a->engine);
  add_kv(command, a->engine.kv);
  add_pull(command, a->pull);
  add_json(command, a->json);
  on_run(command, exit_code, a->json, [a] { return perplexity(*a); });
}

}  // namespace hanok
