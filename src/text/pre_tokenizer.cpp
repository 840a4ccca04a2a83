#include "text/pre_tokenizer.h"

#include <algorithm>
#include <memory>

#include "text/byte_level.h"
#include "text/component_reader.h"
#include "text/normalizer.h"
#include "text/unicode.h"

namespace hanok {

const char* const kGpt2Pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

enum class Prepend { kNever, kFirst, kAlways };

// Puts `mark` for each space, and in front of each piece (or of the first) that does not begin with it.
PreTokenizer::Step mark_spaces(std::string mark, Prepend prepend) {
  return [mark = std::move(mark), prepend](PieceList& list) -> Status {
    for (size_t i = 0; i < list.pieces.size(); ++i) {
      const std::string_view piece = list.pieces[i];
      const bool marked = piece.starts_with(' ') || piece.starts_with(mark);
      const bool wanted = prepend == Prepend::kAlways || (prepend == Prepend::kFirst && list.at_start && i == 0);
      std::string text = wanted && !marked ? mark : std::string();
      for (const char c : piece) {
        if (c == ' ') {
          text += mark;
        } else {
          text += c;
        }
      }
      list.pieces[i] = list.keep(std::move(text));
    }
    return {};
  };
}

void prepend_space(PieceList& list) {
  for (std::string_view& piece : list.pieces) {
    if (!piece.starts_with(' ')) piece = list.keep(" " + std::string(piece));
  }
}

// Every piece is cut after each `length` characters.
PreTokenizer::Step cut_to_length(size_t length) {
  return [length](PieceList& list) -> Status {
    std::vector<std::string_view> out;
    for (std::string_view piece : list.pieces) {
      while (!piece.empty()) {
        size_t n_bytes = 0;
        for (size_t i = 0; i < length && n_bytes < piece.size(); ++i) n_bytes += char_bytes(piece[n_bytes]);
        out.push_back(piece.substr(0, n_bytes));
        piece.remove_prefix(n_bytes);
      }
    }
    list.pieces = std::move(out);
    return {};
  };
}

void add_metaspace(ComponentReader& reader, PreTokenizer& steps) {
  const std::string mark = reader.character("replacement");
  const std::string scheme = reader.text_or("prepend_scheme", "always");
  const bool legacy_prefix = reader.flag_or("add_prefix_space", true);
  reader.text_or("str_rep", mark);
  Prepend prepend = scheme == "first" ? Prepend::kFirst : scheme == "never" ? Prepend::kNever : Prepend::kAlways;
  if (scheme != "first" && scheme != "never" && scheme != "always") {
    reader.refuse("prepend_scheme", "first, never or always", scheme);
  }
  if (!legacy_prefix && prepend != Prepend::kNever) {
    if (reader.has("prepend_scheme")) reader.refuse("add_prefix_space", "true, as prepend_scheme has it", "false");
    prepend = Prepend::kNever;
  }
  steps.add(mark_spaces(mark, prepend));
  if (reader.flag_or("split", true)) steps.add_split(Splitter::literal(mark), SplitBehavior::kMergedWithNext);
}

void add_byte_level_component(ComponentReader& reader, PreTokenizer& steps) {
  if (reader.flag("add_prefix_space")) {
    steps.add([](PieceList& list) -> Status {
      prepend_space(list);
      return {};
    });
  }
  reader.flag_or("trim_offsets", true);  // concerns offsets only
  if (reader.flag_or("use_regex", true)) {
    steps.add_split(Splitter::compile(kGpt2Pattern).value(), SplitBehavior::kIsolated);
  }
  steps.add_byte_level();
}

// Runs of word characters and runs of what is neither these nor white space; word characters as Rust's regex has them.
Splitter words_and_signs() {
  const std::string word =
      R"(\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}\x{200C}\x{200D})";
  return Splitter::compile("[" + word + "]+|[^" + word + "\\s]+").value();
}

Status add_component(ComponentReader& reader, PreTokenizer& steps) {
  const std::string& type = reader.type();
  const auto characters = [&](bool (*is)(char32_t), SplitBehavior behavior) {
    steps.add_split(Splitter::characters(is), behavior);
  };
  if (type == "Split") {
    const Splitter pattern = reader.pattern("pattern");
    const SplitBehavior behavior = reader.behavior("behavior");
    steps.add_split(pattern, behavior, reader.flag("invert"));
  } else if (type == "ByteLevel") {
    add_byte_level_component(reader, steps);
  } else if (type == "Metaspace") {
    add_metaspace(reader, steps);
  } else if (type == "Whitespace") {
    steps.add_split(words_and_signs(), SplitBehavior::kRemoved, true);
  } else if (type == "WhitespaceSplit") {
    characters(is_white_space, SplitBehavior::kRemoved);
  } else if (type == "Digits") {
    characters(is_number, reader.flag("individual_digits") ? SplitBehavior::kIsolated : SplitBehavior::kContiguous);
  } else if (type == "Punctuation") {
    characters(is_punctuation, reader.has("behavior") ? reader.behavior("behavior") : SplitBehavior::kIsolated);
  } else if (type == "BertPreTokenizer") {
    characters(is_white_space, SplitBehavior::kRemoved);
    characters(is_punctuation, SplitBehavior::kIsolated);
  } else if (type == "CharDelimiterSplit") {
    steps.add_split(Splitter::literal(reader.character("delimiter")), SplitBehavior::kRemoved);
  } else if (type == "FixedLength") {
    const int64_t length = reader.count_or("length", 1 << 20, 5);
    if (length == 0) reader.refuse("length", "1 or more", "0");
    steps.add(cut_to_length(static_cast<size_t>(std::max<int64_t>(1, length))));
  } else {
    return reader.unknown(
        "Sequence, Split, ByteLevel, Metaspace, Whitespace, WhitespaceSplit, Digits, Punctuation, BertPreTokenizer, "
        "CharDelimiterSplit or FixedLength");
  }
  return reader.finish();
}

}  // namespace

Result<PreTokenizer> PreTokenizer::from_json(const nlohmann::json& node) {
  PreTokenizer steps;
  HANOK_RETURN_IF_ERROR(each_component(node, "pretokenizers", "pre_tokenizer",
                                       [&](ComponentReader& reader) { return add_component(reader, steps); }));
  return steps;
}

void PreTokenizer::add(Step step) {
  steps_.push_back(std::move(step));
  ends_in_byte_level_ = false;
}

void PreTokenizer::add_split(Splitter splitter, SplitBehavior behavior, bool invert) {
  add([splitter = std::move(splitter), behavior, invert](PieceList& list) -> Status {
    std::vector<std::string_view> out;
    for (const std::string_view piece : list.pieces) {
      HANOK_RETURN_IF_ERROR(splitter.split(piece, behavior, invert, out));
    }
    if (list.at_start && (out.empty() || list.pieces.empty() || out[0].data() != list.pieces[0].data())) {
      list.at_start = false;  // what the text began with was removed
    }
    list.pieces = std::move(out);
    return {};
  });
}

void PreTokenizer::add_byte_level() {
  add([](PieceList& list) -> Status {
    for (std::string_view& piece : list.pieces) piece = list.keep(to_byte_level(piece));
    return {};
  });
  ends_in_byte_level_ = true;
}

bool PreTokenizer::drop_byte_level() {
  const bool dropped = ends_in_byte_level_;
  if (dropped) steps_.pop_back();
  ends_in_byte_level_ = false;
  return dropped;
}

Status PreTokenizer::apply(PieceList& list) const {
  size_t n_bytes = 0;
  for (const std::string_view piece : list.pieces) n_bytes += piece.size();
  const size_t most = Normalizer::most_bytes_for(n_bytes);
  for (const Step& step : steps_) {
    HANOK_RETURN_IF_ERROR(step(list));
    if (list.n_rewritten_bytes > most) {
      return fail(ErrorKind::kLimit, "text grows beyond its limit", "pre_tokenizer",
                  "at most " + std::to_string(most) + " bytes");
    }
  }
  return {};
}

}  // namespace hanok
