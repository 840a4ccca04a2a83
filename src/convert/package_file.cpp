#include "convert/package_file.h"

#include <fmt/format.h>

#include "base/mapped_file.h"
#include "convert/e5s1_file.h"
#include "formats/gguf_writer.h"

namespace hanok {
namespace {

constexpr int64_t kNormal = 1, kUnknown = 2, kControl = 3, kUnused = 5;  // GGUF's kinds of tokens
constexpr uint32_t kMeanPooling = 1, kMostlyQ4_0 = 2;                    // llama.cpp's

GgufValue number(int64_t value) {
  return gguf_u32(static_cast<uint32_t>(value));
}

// The special tokens and, behind the pieces, rows of the embedding that no token has.
std::vector<int64_t> token_types(const E5s1File& file) {
  std::vector<int64_t> types(static_cast<size_t>(file.vocab), kUnused);
  for (size_t i = 0; i < file.pieces.size(); ++i) types[i] = file.pieces[i] == "<mask>" ? kControl : kNormal;
  for (const int64_t id : {file.bos, file.eos, file.pad}) types[static_cast<size_t>(id)] = kControl;
  types[static_cast<size_t>(file.unknown)] = kUnknown;
  return types;
}

void add_tokenizer(const E5s1File& file, GgufMetadata& keys) {
  const auto set = [&](const char* name, GgufValue value) {
    keys[std::string("tokenizer.ggml.") + name] = std::move(value);
  };
  std::vector<std::string> pieces = file.pieces;
  for (auto id = static_cast<int64_t>(pieces.size()); id < file.vocab; ++id)
    pieces.push_back(fmt::format("[PAD{}]", id));
  std::vector<double> scores = file.scores;
  scores.resize(pieces.size(), 0);
  set("model", gguf_string("t5"));
  set("pre", gguf_string("default"));
  set("tokens", {GgufType::kString, std::move(pieces)});
  set("scores", {GgufType::kF32, std::move(scores)});
  set("token_type", {GgufType::kI32, token_types(file)});
  set("token_type_count", number(file.n_types));
  for (const char* name : {"bos_token_id", "cls_token_id"}) set(name, number(file.bos));
  for (const char* name : {"eos_token_id", "seperator_token_id"}) set(name, number(file.eos));  // spelt so
  set("padding_token_id", number(file.pad));
  set("unknown_token_id", number(file.unknown));
  for (const char* name : {"add_bos_token", "add_eos_token", "add_space_prefix", "remove_extra_whitespaces"})
    set(name, gguf_bool(true));
  Replacements replacements = file.replacements;
  add_decomposed(replacements);  // which XLM-R's own table has and the file lacks
  std::vector<int64_t> bytes;
  for (const char byte : write_charsmap(replacements)) bytes.push_back(static_cast<uint8_t>(byte));
  set("precompiled_charsmap", {GgufType::kU8, std::move(bytes)});
}

GgufMetadata e5_keys(const E5s1File& file) {
  GgufMetadata keys;
  keys["general.architecture"] = gguf_string("bert");
  keys["general.type"] = gguf_string("model");
  keys["general.name"] = gguf_string("multilingual-e5-small");
  keys["general.license"] = gguf_string("mit");
  keys["general.file_type"] = gguf_u32(kMostlyQ4_0);
  keys["general.quantization_version"] = gguf_u32(2);
  keys["bert.block_count"] = number(file.n_layers);
  keys["bert.context_length"] = number(file.n_positions);
  keys["bert.embedding_length"] = number(file.hidden);
  keys["bert.feed_forward_length"] = number(file.ffn);
  keys["bert.attention.head_count"] = number(file.n_heads);
  keys["bert.attention.layer_norm_epsilon"] = gguf_f32(file.eps);
  keys["bert.attention.causal"] = gguf_bool(false);
  keys["bert.pooling_type"] = gguf_u32(kMeanPooling);
  keys["hanok.embedding.query_prefix"] = gguf_string("query: ");
  keys["hanok.embedding.passage_prefix"] = gguf_string("passage: ");
  add_tokenizer(file, keys);
  return keys;
}

// The package's names and GGUF's, in GGUF's order of layers.
std::vector<std::pair<std::string, std::string>> tensor_names(int64_t n_layers) {
  std::vector<std::pair<std::string, std::string>> names{{"emb.word", "token_embd.weight"},
                                                         {"emb.pos", "position_embd.weight"},
                                                         {"emb.type", "token_types.weight"},
                                                         {"emb.ln.w", "token_embd_norm.weight"},
                                                         {"emb.ln.b", "token_embd_norm.bias"}};
  constexpr std::pair<const char*, const char*> kParts[] = {{"q", "attn_q"},
                                                            {"k", "attn_k"},
                                                            {"v", "attn_v"},
                                                            {"ao", "attn_output"},
                                                            {"aln", "attn_output_norm"},
                                                            {"fi", "ffn_up"},
                                                            {"fo", "ffn_down"},
                                                            {"oln", "layer_output_norm"}};
  for (int64_t i = 0; i < n_layers; ++i)
    for (const auto& [own, gguf] : kParts) {
      names.emplace_back(fmt::format("l{}.{}.w", i, own), fmt::format("blk.{}.{}.weight", i, gguf));
      names.emplace_back(fmt::format("l{}.{}.b", i, own), fmt::format("blk.{}.{}.bias", i, gguf));
    }
  return names;
}

Status convert_e5s1(const std::filesystem::path& from, const std::filesystem::path& to) {
  HANOK_TRY(const MappedFile mapped, MappedFile::open(from));
  HANOK_TRY(const E5s1File file, read_e5s1(mapped.bytes(), from.filename().string()));
  const auto names = tensor_names(file.n_layers);
  std::vector<GgufTensorInfo> infos;
  for (const auto& [own, gguf] : names) {
    const TensorView& view = file.tensors.at(own);
    infos.push_back({gguf, view.dtype, view.shape});
  }
  HANOK_TRY(GgufWriter writer, GgufWriter::create(to, e5_keys(file), std::move(infos)));
  for (const auto& [own, gguf] : names) {
    const TensorView& view = file.tensors.at(own);
    HANOK_RETURN_IF_ERROR(writer.write({view.data, view.n_bytes()}));
  }
  return writer.finish();
}

}  // namespace

Status convert_package_file(const std::string& kind, const std::filesystem::path& from,
                            const std::filesystem::path& to) {
  if (kind == "e5s1") return convert_e5s1(from, to);
  return fail(ErrorKind::kUnsupported, "a form of file that this version cannot convert", from.filename().string(),
              "e5s1", kind);
}

}  // namespace hanok
