// SentencePiece's own normalizer, with its rules for white space.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/normalizer.h"
#include "text/precompiled_map.h"

namespace hanok {

struct SentencePieceRules {
  std::shared_ptr<const PrecompiledMap> map;  // may be null
  std::vector<std::string> kept;              // texts that are never rewritten: the user-defined tokens
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;  // a space becomes "▁"
  bool whitespace_as_suffix = false;
};

// Rewrites the longest match of the map at each place; white space as the rules say.
Normalizer::Step sentencepiece_normalizer(SentencePieceRules rules);

// "▁", which stands for a space in pieces.
inline constexpr std::string_view kSpaceMark = "\xe2\x96\x81";

}  // namespace hanok
