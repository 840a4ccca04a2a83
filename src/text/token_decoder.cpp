#include "text/token_decoder.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "text/byte_level.h"
#include "text/component_reader.h"

namespace hanok {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty() || text.find(from) == std::string::npos) return;
  std::string out;
  std::string_view rest = text;
  for (size_t at = rest.find(from); at != std::string_view::npos; at = rest.find(from)) {
    out.append(rest.substr(0, at)).append(to);
    rest.remove_prefix(at + from.size());
  }
  text = out.append(rest);
}

// Undoes what English word pieces do to punctuation.
void clean_up(std::string& token) {
  static constexpr std::pair<std::string_view, std::string_view> kRules[] = {
      {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
      {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kRules) replace_all(token, from, to);
}

// The byte that <0x00> … <0xFF> stands for; any other token stays.
void unwrap_byte(std::string& token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return;
  uint8_t byte = 0;
  const auto [end, error] = std::from_chars(token.data() + 3, token.data() + 5, byte, 16);
  if (error == std::errc() && end == token.data() + 5) token.assign(1, static_cast<char>(byte));
}

size_t count_at_start(std::string_view text, std::string_view character, size_t most) {
  size_t n = 0;
  for (; n < most && text.starts_with(character); ++n) text.remove_prefix(character.size());
  return n;
}

size_t count_at_end(std::string_view text, std::string_view character, size_t most) {
  size_t n = 0;
  for (; n < most && text.ends_with(character); ++n) text.remove_suffix(character.size());
  return n;
}

}  // namespace

void TokenDecoder::add_byte_level() {
  steps_.push_back({Kind::kByteLevel});
  add_fuse();
}
void TokenDecoder::add_byte_fallback() {
  steps_.push_back({Kind::kByteFallback});
}
void TokenDecoder::add_replace(std::string text, std::string content) {
  steps_.push_back({Kind::kReplace, std::move(text), std::move(content)});
}
void TokenDecoder::add_fuse() {
  steps_.push_back({Kind::kFuse});
}
void TokenDecoder::add_strip(std::string character, size_t start, size_t stop) {
  Step step = {Kind::kStrip, std::move(character)};
  step.start = start;
  step.stop = stop;
  steps_.push_back(std::move(step));
}
void TokenDecoder::add_metaspace(std::string mark, bool strip_first) {
  Step step = {Kind::kMetaspace, std::move(mark)};
  step.flag = strip_first;
  steps_.push_back(std::move(step));
}
void TokenDecoder::add_word_piece(std::string prefix, bool clean) {
  Step step = {Kind::kWordPiece, std::move(prefix)};
  step.flag = clean;
  steps_.push_back(std::move(step));
}
void TokenDecoder::add_end_suffix(std::string suffix) {
  steps_.push_back({Kind::kEndSuffix, std::move(suffix)});
}
void TokenDecoder::add_join() {
  steps_.push_back({Kind::kJoin});
}

Status TokenDecoder::read_component(ComponentReader& reader, TokenDecoder& decoder) {
  const std::string& type = reader.type();
  const bool fused = std::any_of(decoder.steps_.begin(), decoder.steps_.end(),
                                 [](const Step& step) { return step.kind == Kind::kFuse; });
  if (fused && type != "Strip" && type != "Fuse") {
    return fail(ErrorKind::kUnsupported, "decoder after the tokens are joined", reader.where(), "Strip or Fuse", type);
  }
  if (type == "ByteLevel") {
    reader.flag_or("add_prefix_space", true);  // these three concern encoding and offsets only
    reader.flag_or("trim_offsets", true);
    reader.flag_or("use_regex", true);
    decoder.add_byte_level();
  } else if (type == "ByteFallback") {
    decoder.add_byte_fallback();
  } else if (type == "Fuse") {
    decoder.add_fuse();
  } else if (type == "Replace") {
    const auto& pattern = reader.object("pattern");
    if (pattern.size() != 1 || !pattern.contains("String") || !pattern["String"].is_string()) {
      reader.refuse("pattern", "{\"String\": text}", pattern.dump());
    } else {
      decoder.add_replace(pattern["String"].get<std::string>(), reader.text("content"));
    }
  } else if (type == "Strip") {
    constexpr int64_t kMost = 1 << 20;
    const auto start = static_cast<size_t>(reader.count("start", kMost));
    decoder.add_strip(reader.character("content"), start, static_cast<size_t>(reader.count("stop", kMost)));
  } else if (type == "Metaspace") {
    std::string mark = reader.character("replacement");
    const bool legacy_prefix = reader.flag_or("add_prefix_space", true);
    const std::string scheme = reader.text_or("prepend_scheme", legacy_prefix ? "always" : "never");
    reader.flag_or("split", true);  // concerns encoding only
    reader.text_or("str_rep", mark);
    if (scheme != "first" && scheme != "never" && scheme != "always") {
      reader.refuse("prepend_scheme", "first, never or always", scheme);
    }
    decoder.add_metaspace(std::move(mark), scheme != "never");
  } else if (type == "WordPiece") {
    std::string prefix = reader.text("prefix");
    decoder.add_word_piece(std::move(prefix), reader.flag("cleanup"));
  } else if (type == "BPEDecoder") {
    decoder.add_end_suffix(reader.text("suffix"));
  } else {
    return reader.unknown(
        "Sequence, ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, WordPiece or BPEDecoder");
  }
  return reader.finish();
}

Result<TokenDecoder> TokenDecoder::from_json(const nlohmann::json& node) {
  TokenDecoder decoder;
  if (node.is_null()) decoder.add_join();
  HANOK_RETURN_IF_ERROR(each_component(node, "decoders", "decoder",
                                       [&](ComponentReader& reader) { return read_component(reader, decoder); }));
  // Replacements one after the other multiply, and a decoder has no other way to refuse.
  constexpr double kMostGrowth = 4096;
  double growth = 1;
  for (const Step& step : decoder.steps_) {
    if (step.kind != Kind::kReplace || step.replacement.size() <= step.text.size() || step.text.empty()) continue;
    growth *= static_cast<double>(step.replacement.size()) / static_cast<double>(step.text.size());
    if (growth > kMostGrowth) {
      return fail(ErrorKind::kLimit, "replacements would blow tokens up", "decoder", "no more than 4096 times in all");
    }
  }
  return decoder;
}

// The tokens are parts of one text now: what goes at its start goes once, what may be its end is held back.
void TokenDecoder::strip_text(const Step& step, State& state, std::string& token) {
  if (!state.text_began && state.n_stripped < step.start) {
    const size_t n = count_at_start(token, step.text, step.start - state.n_stripped);
    state.n_stripped += n;
    token.erase(0, n * step.text.size());
  }
  state.text_began = state.text_began || !token.empty();
  if (step.stop == 0) return;
  token.insert(0, state.held);
  const size_t n_end = count_at_end(token, step.text, step.stop) * step.text.size();
  state.held = token.substr(token.size() - n_end);
  token.resize(token.size() - n_end);
}

void TokenDecoder::run(const Step& step, bool fused, State& state, std::string& token) {
  switch (step.kind) {
    case Kind::kByteLevel:
      if (auto bytes = from_byte_level(token)) token = std::move(*bytes);
      break;
    case Kind::kByteFallback:
      unwrap_byte(token);
      break;
    case Kind::kReplace:
      replace_all(token, step.text, step.replacement);
      break;
    case Kind::kFuse:
      break;
    case Kind::kStrip:
      if (fused) {
        strip_text(step, state, token);
      } else {
        token.erase(0, count_at_start(token, step.text, step.start) * step.text.size());
        token.resize(token.size() - count_at_end(token, step.text, step.stop) * step.text.size());
      }
      break;
    case Kind::kMetaspace:
      replace_all(token, step.text, state.first && step.flag ? "" : " ");
      break;
    case Kind::kWordPiece:
      if (!state.first && token.starts_with(step.text)) {
        token.erase(0, step.text.size());
      } else if (!state.first) {
        token.insert(0, " ");
      }
      if (step.flag) clean_up(token);
      break;
    case Kind::kEndSuffix: {
      const bool ends = !step.text.empty() && token.ends_with(step.text);
      if (ends) token.resize(token.size() - step.text.size());
      replace_all(token, step.text, " ");
      token.insert(0, state.held);
      state.held = ends ? " " : "";
      break;
    }
    case Kind::kJoin:
      if (!state.first) token.insert(0, " ");
      break;
  }
}

void TokenDecoder::push(State& state, std::string_view token, std::string& bytes) const {
  std::string text(token);
  bool fused = false;
  for (const Step& step : steps_) {
    run(step, fused, state, text);
    fused = fused || step.kind == Kind::kFuse;
  }
  state.first = false;
  bytes += text;
}

}  // namespace hanok
