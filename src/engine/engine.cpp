#include "engine/engine.h"

#include <algorithm>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <malloc.h>
#include <nlohmann/json.hpp>

#include "base/locale.h"
#include "base/memory.h"
#include "engine/chat_prompt.h"
#include "engine/model_files.h"

namespace hanok {
namespace {

// The end-of-turn ids that the configuration adds to the tokenizer's own: eos_token_id is a number or a list.
Status add_configured_ends(const Checkpoint& checkpoint, std::set<int32_t>& ends) {
  if (checkpoint.is_gguf()) return {};
  for (const nlohmann::ordered_json* config : {&checkpoint.generation_config(), &checkpoint.config()}) {
    const auto it = config->find("eos_token_id");
    if (it == config->end() || it->is_null()) continue;
    for (const auto& id : it->is_array() ? *it : nlohmann::ordered_json::array({*it})) {
      if (!id.is_number_integer() || id < 0 || id > std::numeric_limits<int32_t>::max()) {
        return fail(ErrorKind::kCorruptFile, "wrong value of configuration key",
                    checkpoint.path().string() + ": eos_token_id", "a token id or a list of them", it->dump());
      }
      ends.insert(id.get<int32_t>());
    }
  }
  return {};
}

double gib(uint64_t n_bytes) {
  return static_cast<double>(n_bytes) / (1 << 30);
}

Status check_context_fits(uint64_t weights_bytes, uint64_t kv_bytes, int64_t context) {
  const auto available = available_memory();
  if (!available || weights_bytes + kv_bytes <= *available) return {};
  return fail(ErrorKind::kOutOfMemory, in_language("문맥이 메모리보다 큽니다", "context larger than memory"),
              "--context",
              fmt::format(fmt::runtime(in_language("가중치 옆에 키와 값 최대 {:.1f} GiB",
                                                   "at most {:.1f} GiB of keys and values beside the weights")),
                          gib(*available - std::min(*available, weights_bytes))),
              fmt::format(fmt::runtime(in_language("{:.1f} GiB (토큰 {}개)", "{:.1f} GiB for {} tokens")),
                          gib(kv_bytes), context),
              in_language("--context를 줄이거나 --kv q8을 쓰세요", "choose a smaller --context or --kv q8"));
}

}  // namespace

Result<int64_t> context_of(int64_t wanted, int64_t longest) {
  constexpr int64_t kDefault = 8192;
  if (wanted <= longest) return wanted > 0 ? wanted : std::min(longest, kDefault);
  return fail(ErrorKind::kLimit,
              in_language("모델이 배운 것보다 긴 문맥입니다", "context longer than the model was made for"),
              "--context", fmt::format(fmt::runtime(in_language("최대 {}토큰", "at most {} tokens")), longest),
              fmt::format("{}", wanted));
}

Engine::Engine(Checkpoint checkpoint, Tokenizer tokenizer, const EngineOptions& options, const KernelTable& kernels)
    : checkpoint_(std::move(checkpoint)),
      tokenizer_(std::move(tokenizer)),
      options_(options),
      pool_(options.n_threads),
      exec_{pool_, kernels, options.precision} {}

Result<std::unique_ptr<Engine>> Engine::load(const std::filesystem::path& path, const EngineOptions& options,
                                             const std::function<void(double)>& progress) {
  HANOK_TRY(Checkpoint checkpoint, Checkpoint::open(path));
  HANOK_TRY(const KernelTable* kernels, choose_kernels());
  HANOK_RETURN_IF_ERROR(known_family(checkpoint));  // before a tokenizer that only a known model must have
  HANOK_TRY(Tokenizer tokenizer, open_tokenizer(checkpoint));
  std::unique_ptr<Engine> engine(new Engine(std::move(checkpoint), std::move(tokenizer), options, *kernels));
  HANOK_TRY(engine->template_, chat_template_of(engine->checkpoint_));
  engine->checkpoint_.forget_tokenizer();
  ::malloc_trim(0);  // what was read of the vocabulary is freed in small pieces: back to the system before the weights
  engine->set_thinking();
  HANOK_RETURN_IF_ERROR(check_weights_fit(engine->checkpoint_));
  HANOK_RETURN_IF_ERROR(engine->set_context());
  PackCache packs = PackCache::open(options.packs, engine->checkpoint_);
  HANOK_TRY(engine->model_, load_model(engine->checkpoint_, engine->exec_, progress, &packs));
  engine->packs_ = packs.publish(engine->checkpoint_);
  HANOK_RETURN_IF_ERROR(check_vocabulary(engine->tokenizer_, engine->info().vocab, path));
  const auto& ends = engine->tokenizer_.end_ids();
  engine->end_ids_.insert(ends.begin(), ends.end());
  HANOK_RETURN_IF_ERROR(add_configured_ends(engine->checkpoint_, engine->end_ids_));
  return engine;
}

void Engine::set_thinking() {
  if (!template_) return;
  thinking_ = Thinking::of(*template_, template_tokens(tokenizer_));
  if (!thinking_) return;
  for (const std::string& tag : {thinking_->open_tag(), thinking_->close_tag()}) {
    const auto id = tokenizer_.find(tag);
    if (id && tokenizer_.is_special(*id)) shown_specials_.push_back(*id);
  }
}

Status Engine::set_context() {
  HANOK_TRY(const std::unique_ptr<Model> outline, load_outline(checkpoint_, exec_));
  HANOK_TRY(context_, context_of(options_.context, outline->info().max_context));
  return check_context_fits(checkpoint_.weights_bytes(), KvCache::bytes_for(outline->kv_shape(), options_.kv, context_),
                            context_);
}

size_t Engine::memory_bytes() const {
  return info().weights_bytes + KvCache::bytes_for(model_->kv_shape(), options_.kv, context_);
}

}  // namespace hanok
