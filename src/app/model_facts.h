// What can be said about a model without loading it: from its catalogue entry, its manifest and its files' headers.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "hub/hub.h"
#include "ops/kv_cache.h"

namespace hanok {

struct MemoryQuestion {
  int64_t context = 0;  // tokens; 0: the model's own, at most 8192
  KvType kv = KvType::kF16;
};

// {name, path, installed, catalogue?, licence, licence_accepted, origin, pulled_at?, files?}.
nlohmann::ordered_json store_facts(const ModelDescription& description);

// {architecture, supported, format, parameters, weights_bytes, tensor_types: {type: {tensors, parameters, bytes}},
// n_layers, hidden, n_heads, n_kv_heads, head_dim, ffn, vocab, max_context, memory: {context, kv, weights_bytes,
// kv_bytes, total_bytes}}; an encoder has embedding: {dim, pooling, query_prefix, passage_prefix} in place of memory. A
// model that no family of this version can load has `problem`, the loader's words, in place
// of the sizes. Error: a context longer than the model's.
Result<nlohmann::ordered_json> checkpoint_facts(const Checkpoint& checkpoint, const MemoryQuestion& question);

}  // namespace hanok
