// The command perplexity: how well a model foresees a text, and how far the integer run is from the f32 run.
#include <algorithm>
#include <cmath>
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
#include "app/reference_logits.h"
#include "app/signals.h"

namespace hanok {
namespace {

struct PerplexityArguments {
  std::string model, file, reference;
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

bool compares(const PerplexityArguments& a) {
  return a.kl || !a.reference.empty();
}

void print_score(const PerplexityArguments& a, const PerplexityScore& score) {
  const auto n = static_cast<double>(score.n_tokens);
  const double divergence = score.divergence / n, same_top = static_cast<double>(score.n_same_top) / n;
  const double reference_perplexity = std::exp(score.reference_negative_log / n);
  if (a.json) {
    nlohmann::ordered_json json{{"perplexity", score.perplexity()},
                                {"n_tokens", score.n_tokens},
                                {"standard_error", score.standard_error()},
                                {"n_chunks", score.n_chunks},
                                {"context", a.context}};
    if (compares(a)) {
      json["mean_kl_divergence"] = divergence;
      json["same_top"] = same_top;
      json["reference_perplexity"] = reference_perplexity;
    }
    print_json(json);
    return;
  }
  fmt::print(fmt::runtime(in_language("혼란도 {:.4f} ± {:.4f} (토큰 {}개, 문맥 {})\n",
                                      "perplexity {:.4f} ± {:.4f} ({} tokens, context {})\n")),
             score.perplexity(), score.standard_error(), score.n_tokens, a.context);
  if (!compares(a)) return;
  fmt::print(
      fmt::runtime(in_language("기준의 혼란도 {:.4f}, 기준과의 평균 KL 발산 {:.3g}, 첫째 후보가 같은 토큰 {:.2f}%\n",
                               "the reference's perplexity {:.4f}, mean KL divergence from it {:.3g}, the same "
                               "likeliest token {:.2f}%\n")),
      reference_perplexity, divergence, 100 * same_top);
}

// The reference's rows from the file, whose chunks must be those of `ids`.
Result<ReferenceRows> rows_of_file(const PerplexityArguments& a, const Engine& engine, std::span<const int32_t> ids,
                                   int64_t n_chunks) {
  auto opened = ReferenceLogits::open(a.reference);
  if (!opened) return tl::unexpected(opened.error());
  const auto logits = std::make_shared<ReferenceLogits>(std::move(*opened));
  if (logits->context() != a.context || logits->vocab() != engine.info().vocab || logits->n_chunks() < n_chunks) {
    return fail(ErrorKind::kInvalidInput,
                in_language("기준이 다른 측정의 것입니다", "the reference is of another measurement"), a.reference,
                fmt::format(fmt::runtime(in_language("문맥 {}, 어휘 {}, 조각 {}개 이상",
                                                     "context {}, vocabulary {}, at least {} chunks")),
                            a.context, engine.info().vocab, n_chunks),
                fmt::format("{}, {}, {}", logits->context(), logits->vocab(), logits->n_chunks()),
                in_language("--context와 --chunks를 기준을 만들 때와 같게 하세요",
                            "--context and --chunks as when the reference was made"));
  }
  const auto n_tokens = static_cast<size_t>(n_chunks * a.context);
  const auto first_other =
      std::mismatch(ids.begin(), ids.begin() + static_cast<long>(n_tokens), logits->tokens().begin()).first -
      ids.begin();
  if (static_cast<size_t>(first_other) < n_tokens) {
    const auto at = static_cast<size_t>(first_other);
    return fail(
        ErrorKind::kInvalidInput,
        in_language("기준이 다른 글이나 토크나이저의 것입니다", "the reference is of another text or tokenizer"),
        fmt::format("{}, token {}", a.reference, at), fmt::format("{}", ids[at]),
        fmt::format("{}", logits->tokens()[at]));
  }
  return ReferenceRows([logits](int64_t chunk_idx, std::span<const int32_t>) -> Result<std::vector<float>> {
    return logits->rows(chunk_idx);
  });
}

Status perplexity(const PerplexityArguments& a) {
  if (a.context % 2 != 0) {
    return fail(ErrorKind::kInvalidInput,
                in_language("문맥을 반으로 나누므로 짝수여야 합니다", "the context is halved: it must be even"),
                "--context", in_language("짝수", "an even number"), fmt::format("{}", a.context));
  }
  HANOK_TRY(const std::string text, read_text(a.file));
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ResolvedModel model, resolve_model(hub, a.model, a.pull));
  HANOK_TRY(const std::unique_ptr<Engine> engine, load(a, model.path, a.engine.precision));
  // As llama-perplexity does: names of special tokens in the text are plain text.
  HANOK_TRY(const std::vector<int32_t> ids,
            engine->tokenizer().encode(text, {.add_special = true, .parse_special = false}));
  const auto n_there = static_cast<int64_t>(ids.size()) / a.context;
  const int64_t n_chunks = a.n_chunks > 0 ? std::min(a.n_chunks, n_there) : n_there;
  std::unique_ptr<Engine> exact;
  ReferenceRows reference;
  if (!a.reference.empty()) {
    HANOK_TRY(reference, rows_of_file(a, *engine, ids, n_chunks));
  } else if (a.kl) {
    HANOK_TRY(exact, load(a, model.path, Precision::kF32));
    reference = rows_of(*exact);
  }
  const InterruptScope interrupt;
  Progress progress(Progress::Unit::kSteps);
  const auto after_chunk = [&](const PerplexityScore& score) {
    progress.show(in_language("혼란도", "perplexity"), static_cast<uint64_t>(score.n_chunks),
                  static_cast<uint64_t>(n_chunks), fmt::format("{:.4f}", score.perplexity()));
    return !interrupt.interrupted() || score.n_chunks == n_chunks;
  };
  HANOK_TRY(const PerplexityScore score, score_perplexity(*engine, reference, ids, a.context, n_chunks, after_chunk));
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
  CLI::Option* kl = command.add_flag("--kl", a->kl,
                                     Words{"f32 실행과의 쿨백-라이블러 발산도 잽니다(느림)",
                                           "also the Kullback-Leibler divergence from the f32 run (slow)"}
                                         .text());
  add_text(command, "--reference", a->reference, "FILE",
           {"발산을 이 파일의 로짓에 견주어 잽니다. llama-perplexity --kl-divergence-base의 형식",
            "the divergence from the logits of this file instead, in the format of llama-perplexity "
            "--kl-divergence-base"})
      ->excludes(kl);
  add_choice<Precision>(command, "--precision", a->engine.precision,
                        {{"int8", Precision::kInt8}, {"f32", Precision::kF32}},
                        {"셈의 정밀도. f32는 느리지만 참조 구현과 같습니다",
                         "how it computes; f32 is slow and equals the reference implementation"});
  add_threads(command, a->engine);
  add_kv(command, a->engine.kv);
  add_pull(command, a->pull);
  add_json(command, a->json);
  on_run(command, exit_code, a->json, [a] { return perplexity(*a); });
}

}  // namespace hanok
