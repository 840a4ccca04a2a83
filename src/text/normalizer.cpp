#include "text/normalizer.h"

#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "text/byte_level.h"
#include "text/component_reader.h"
#include "text/precompiled_map.h"
#include "text/splitter.h"
#include "text/unicode.h"

namespace hanok {
namespace {

// A step that cannot fail, from what it makes of a text.
template <class Rewrite>
Normalizer::Step rewriting(Rewrite rewrite) {
  return [rewrite](std::string& text) -> Status {
    text = rewrite(std::string_view(text));
    return {};
  };
}

// Calls append(out, character, bytes) for each character.
template <class Append>
std::string by_character(std::string_view text, Append append) {
  std::string out;
  out.reserve(text.size());
  for_each_char(text, [&](char32_t c, std::string_view bytes) { append(out, c, bytes); });
  return out;
}

template <class Drop>
std::string without(std::string_view text, Drop drop) {
  return by_character(text, [&](std::string& out, char32_t c, std::string_view bytes) {
    if (!drop(c)) out += bytes;
  });
}

std::string lowercase(std::string_view text) {
  return by_character(text, [](std::string& out, char32_t c, std::string_view) { append_lowercase(out, c); });
}

std::string strip(std::string_view text, bool left, bool right) {
  size_t begin = text.size(), end = 0, at = 0;
  for_each_char(text, [&](char32_t c, std::string_view bytes) {
    if (!is_white_space(c)) {
      begin = std::min(begin, at);
      end = at + bytes.size();
    }
    at += bytes.size();
  });
  if (!left) begin = 0;
  if (!right) end = text.size();
  return begin < end ? std::string(text.substr(begin, end - begin)) : std::string();
}

// The rules of the NMT task: some control characters go, others and marks of width become spaces.
std::string nmt(std::string_view text) {
  return by_character(text, [](std::string& out, char32_t c, std::string_view bytes) {
    if ((c >= 0x1 && c <= 0x8) || c == 0xb || (c >= 0xe && c <= 0x1f) || c == 0x7f || c == 0x8f || c == 0x9f) return;
    const bool space = c == 0x9 || c == 0xa || c == 0xc || c == 0xd || c == 0x1680 || (c >= 0x200b && c <= 0x200f) ||
                       c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xfeff || c == 0xfffd;
    out += space ? std::string_view(" ") : bytes;
  });
}

std::string bert_clean(std::string_view text) {
  return by_character(text, [](std::string& out, char32_t c, std::string_view bytes) {
    const bool space = is_white_space(c);
    if (c == 0 || c == 0xfffd || (is_control(c) && c != '\t' && c != '\n' && c != '\r')) return;
    out += space ? std::string_view(" ") : bytes;
  });
}

std::string space_ideographs(std::string_view text) {
  return by_character(text, [](std::string& out, char32_t c, std::string_view bytes) {
    if (!is_cjk_ideograph(c)) {
      out += bytes;
      return;
    }
    out += ' ';
    out += bytes;
    out += ' ';
  });
}

void add_bert(ComponentReader& reader, Normalizer& normalizer) {
  const bool clean = reader.flag("clean_text"), ideographs = reader.flag("handle_chinese_chars");
  const bool lower = reader.flag("lowercase");
  const bool accents = reader.flag_or("strip_accents", lower);
  if (clean) normalizer.add(rewriting(bert_clean));
  if (ideographs) normalizer.add(rewriting(space_ideographs));
  if (accents) {
    normalizer.add(rewriting(
        [](std::string_view text) { return without(normalize(text, Normalization::kNfd), is_nonspacing_mark); }));
  }
  if (lower) normalizer.add(rewriting(lowercase));
}

Status add_precompiled(ComponentReader& reader, Normalizer& normalizer) {
  const std::string encoded = reader.text("precompiled_charsmap");
  HANOK_RETURN_IF_ERROR(reader.finish());
  if (encoded.empty()) return {};
  HANOK_TRY(const std::string blob, decode_base64(encoded));
  HANOK_TRY(PrecompiledMap map, PrecompiledMap::read(blob));
  const auto shared = std::make_shared<const PrecompiledMap>(std::move(map));
  normalizer.add(rewriting([shared](std::string_view text) { return shared->apply_by_grapheme(text); }));
  return {};
}

void add_replace(ComponentReader& reader, Normalizer& normalizer) {
  const Splitter pattern = reader.pattern("pattern");
  normalizer.add([pattern, content = reader.text("content")](std::string& text) {
    return pattern.replace(text, content, Normalizer::most_bytes_for(text.size()));
  });
}

// Kinds that have no members of their own.
bool add_plain(const std::string& type, Normalizer& normalizer) {
  static constexpr std::pair<std::string_view, Normalization> kForms[] = {{"NFC", Normalization::kNfc},
                                                                          {"NFD", Normalization::kNfd},
                                                                          {"NFKC", Normalization::kNfkc},
                                                                          {"NFKD", Normalization::kNfkd}};
  for (const auto& [name, form] : kForms) {
    if (type != name) continue;
    normalizer.add(rewriting([form = form](std::string_view text) { return normalize(text, form); }));
    return true;
  }
  if (type == "Lowercase") {
    normalizer.add(rewriting(lowercase));
  } else if (type == "StripAccents") {
    normalizer.add(rewriting([](std::string_view text) { return without(text, is_mark); }));
  } else if (type == "Nmt") {
    normalizer.add(rewriting(nmt));
  } else if (type == "ByteLevel") {
    normalizer.add(rewriting(to_byte_level));
  } else {
    return false;
  }
  return true;
}

Status add_component(ComponentReader& reader, Normalizer& normalizer) {
  const std::string& type = reader.type();
  if (add_plain(type, normalizer)) return reader.finish();
  if (type == "Precompiled") return add_precompiled(reader, normalizer);
  if (type == "BertNormalizer") {
    add_bert(reader, normalizer);
  } else if (type == "Replace") {
    add_replace(reader, normalizer);
  } else if (type == "Prepend") {
    normalizer.add(rewriting([text = reader.text("prepend")](std::string_view rest) {
      return rest.empty() ? std::string() : text + std::string(rest);
    }));
  } else if (type == "Strip") {
    const bool left = reader.flag("strip_left"), right = reader.flag("strip_right");
    normalizer.add(rewriting([left, right](std::string_view text) { return strip(text, left, right); }));
  } else {
    return reader.unknown(
        "Sequence, NFC, NFD, NFKC, NFKD, Replace, Prepend, Strip, StripAccents, Lowercase, BertNormalizer, "
        "Precompiled, Nmt or ByteLevel");
  }
  return reader.finish();
}

}  // namespace

Result<Normalizer> Normalizer::from_json(const nlohmann::json& node) {
  Normalizer normalizer;
  HANOK_RETURN_IF_ERROR(each_component(node, "normalizers", "normalizer",
                                       [&](ComponentReader& reader) { return add_component(reader, normalizer); }));
  return normalizer;
}

Status Normalizer::apply(std::string& text) const {
  const size_t most = most_bytes_for(text.size());
  for (const Step& step : steps_) {
    HANOK_RETURN_IF_ERROR(step(text));
    if (text.size() > most) {
      return fail(ErrorKind::kLimit, "text grows beyond its limit", "normalizer", fmt::format("at most {} bytes", most),
                  fmt::format("{}", text.size()));
    }
  }
  return {};
}

}  // namespace hanok
