// The command perplexity: how well a model foresees a text, and how far the integer run is from the f32 run.
#include <cmath>
#include <fstream>
#include <iterator>
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

constexpr size_t kChunk = 512;  // llama-perplexity's protocol: chunks of 512, the second half of each is scored

struct PerplexityArguments {
  std::string model, file;
  bool json = false, kl = false;
  PullOptions pull;
  EngineOptions engine;
};

// log softmax of one row, in double.
std::vector<double> log_probabilities(std::span<const float> logits) {
  double largest = -INFINITY, total = 0;
  for (const float x : logits) largest = std::max(largest, static_cast<double>(x));
  for (const float x : logits) total += std::exp(x - largest);
  std::vector<double> out(logits.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = logits[i] - largest - std::log(total);
  return out;
}

struct Score {
  double negative_log = 0, divergence = 0;
  int64_t n_tokens = 0;
  double perplexity() const { return std::exp(negative_log / static_cast<double>(n_tokens)); }
};

Result<std::unique_ptr<Engine>> load(const PerplexityArguments& a, const std::filesystem::path& path,
                                     Precision precision) {
  EngineOptions options = a.engine;
  options.precision = precision;
  options.context = kChunk;
  if (precision == Precision::kF32) options.kv = KvType::kF32;
  return Engine::load(path, options);
}

// Scores `ids` with `engine`; where `reference` is given, also the mean KL divergence of the engine's from its
// distribution.
Result<Score> score(Engine& engine, Engine* reference, const std::vector<int32_t>& ids) {
  Session session(engine);
  std::unique_ptr<Session> reference_session = reference != nullptr ? std::make_unique<Session>(*reference) : nullptr;
  const auto vocab = static_cast<size_t>(engine.info().vocab);
  HANOK_TRY(const std::vector<int32_t> around, engine.tokenizer().encode(""));
  const auto bos = around.empty() ? std::nullopt : engine.tokenizer().bos_id();
  Score result;
  for (size_t at = 0; at + kChunk <= ids.size(); at += kChunk) {
    std::vector<int32_t> chunk(ids.begin() + static_cast<long>(at), ids.begin() + static_cast<long>(at + kChunk));
    if (bos) chunk[0] = *bos;
    session.clear();
    HANOK_TRY(const std::vector<float> logits, session.logits(chunk, true));
    std::vector<float> expected;
    if (reference_session != nullptr) {
      reference_session->clear();
      HANOK_TRY(expected, reference_session->logits(chunk, true));
    }
    for (size_t i = kChunk / 2; i + 1 < kChunk; ++i) {
      const std::vector<double> q = log_probabilities(std::span(logits).subspan(i * vocab, vocab));
      result.negative_log -= q[static_cast<size_t>(chunk[i + 1])];
      ++result.n_tokens;
      if (expected.empty()) continue;
      const std::vector<double> p = log_probabilities(std::span<const float>(expected).subspan(i * vocab, vocab));
      for (size_t v = 0; v < vocab; ++v) result.divergence += std::exp(p[v]) * (p[v] - q[v]);
    }
    fmt::print(stderr, "[{}] {:.4f}\n", at / kChunk + 1, result.perplexity());
  }
  if (result.n_tokens == 0) {
    return fail(ErrorKind::kInvalidInput, "text too short", "FILE", fmt::format("at least {} tokens", kChunk),
                fmt::format("{}", ids.size()));
  }
  return result;
}

Status perplexity(const PerplexityArguments& a) {
  std::ifstream file(a.file, std::ios::binary);
  if (!file) return fail(ErrorKind::kNotFound, "cannot read the file", a.file);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ResolvedModel model, hub.resolve(a.model, a.pull));
  HANOK_TRY(const std::unique_ptr<Engine> engine, load(a, model.path, a.engine.precision));
  std::unique_ptr<Engine> reference;
  if (a.kl) {
    HANOK_TRY(reference, load(a, model.path, Precision::kF32));
  }
  HANOK_TRY(const std::vector<int32_t> ids, engine->tokenizer().encode(text));
  HANOK_TRY(const Score result, score(*engine, reference.get(), ids));
  nlohmann::ordered_json json{{"perplexity", result.perplexity()}, {"n_tokens", result.n_tokens}};
  if (a.kl) json["mean_kl_divergence"] = result.divergence / static_cast<double>(result.n_tokens);
  if (a.json) {
    fmt::print("{}\n", json.dump());
  } else {
    for (const auto& [key, value] : json.items()) fmt::print("{}: {}\n", key, value.dump());
  }
  return {};
}

}  // namespace

void add_perplexity(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<PerplexityArguments>();
  CLI::App* command =
      app.add_subcommand("perplexity", in_language("글에 대한 혼란도를 잽니다", "measures the perplexity of a text"));
  command->add_option("MODEL", arguments->model)->required();
  command->add_option("FILE", arguments->file)->required();
  command->add_flag("--json", arguments->json);
  command->add_flag("--kl", arguments->kl,
                    in_language("f32 실행과의 쿨백-라이블러 발산도 잽니다", "also the KL divergence from the f32 run"));
  command->add_option("--threads", arguments->engine.n_threads);
  command->add_flag("--offline", arguments->pull.offline);
  command->add_option("--accept-licence", arguments->pull.accept_licence)->allow_extra_args(false);
  const std::map<std::string, Precision> precisions = {{"int8", Precision::kInt8}, {"f32", Precision::kF32}};
  command->add_option("--precision", arguments->engine.precision)->transform(CLI::CheckedTransformer(precisions));
  command->callback([arguments, &exit_code] {
    if (const Status status = perplexity(*arguments); !status) exit_code = report(status.error());
  });
}

}  // namespace hanok
