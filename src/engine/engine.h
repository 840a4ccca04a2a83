// One loaded model with its tokenizer, template, kernels and threads; sessions generate from it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "base/result.h"
#include "base/thread_pool.h"
#include "formats/checkpoint.h"
#include "model/model.h"
#include "ops/context.h"
#include "text/chat_template.h"
#include "text/thinking.h"
#include "text/tokenizer.h"

namespace hanok {

struct EngineOptions {
  int n_threads = 0;    // 0: all processors of this process
  int64_t context = 0;  // tokens; 0: the model's own, at most 8192
  KvType kv = KvType::kF16;
  Precision precision = Precision::kInt8;
  PackCacheOptions packs;  // none unless a folder is named
};

// The context to work in: what was asked for, or with 0 the model's longest, at most 8192 tokens. Error: one longer
// than the model was made for.
Result<int64_t> context_of(int64_t wanted, int64_t longest);

class Engine {
 public:
  // Opens a GGUF file or a folder and packs its weights. progress: share of the weights taken, 0 to 1.
  // Errors: whatever the files hold; weights or a context that do not fit into memory; a tokenizer that is not the
  // model's.
  static Result<std::unique_ptr<Engine>> load(const std::filesystem::path& path, const EngineOptions& options,
                                              const std::function<void(double)>& progress = {});

  const Tokenizer& tokenizer() const { return tokenizer_; }
  const ChatTemplate* chat_template() const { return template_ ? &*template_ : nullptr; }  // null: a base model
  const Thinking* thinking() const { return thinking_ ? &*thinking_ : nullptr; }  // null: the model does not think
  // Special tokens that belong to the text of an answer: the tags around the thinking.
  const std::vector<int32_t>& shown_specials() const { return shown_specials_; }
  const ModelInfo& info() const { return model_->info(); }
  const Model& model() const { return *model_; }
  const Checkpoint& checkpoint() const { return checkpoint_; }
  const ExecContext& exec() const { return exec_; }
  KvType kv_type() const { return options_.kv; }
  int64_t context() const { return context_; }
  bool ends_generation(int32_t token) const { return end_ids_.contains(token); }
  // Error: kCorruptFile once the packed weights, which come from the user's cache, proved to be damaged: they are
  // looked at in the background.
  Status weights_state() const { return packs_.state(); }
  // The same after looking at all of them now, for results that are no numbers.
  Status check_weights() { return packs_.check(); }
  // Weights plus the keys and values of one full context.
  size_t memory_bytes() const;

 private:
  Engine(Checkpoint checkpoint, Tokenizer tokenizer, const EngineOptions& options, const KernelTable& kernels);
  Status set_context();
  void set_thinking();

  Checkpoint checkpoint_;
  Tokenizer tokenizer_;
  std::optional<ChatTemplate> template_;
  std::optional<Thinking> thinking_;
  std::vector<int32_t> shown_specials_;
  EngineOptions options_;
  ThreadPool pool_;
  ExecContext exec_;
  std::unique_ptr<Model> model_;
  PackKeeper packs_;
  std::set<int32_t> end_ids_;
  int64_t context_ = 0;
};

}  // namespace hanok
