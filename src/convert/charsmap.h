// SentencePiece's table of replacements, written: the bytes that PrecompiledMap reads.
#pragma once

#include <map>
#include <string>

namespace hanok {

// What each text becomes. Texts are not empty, and neither they nor what they become hold a zero byte.
using Replacements = std::map<std::string, std::string>;

std::string write_charsmap(const Replacements& replacements);

// Adds the decomposed spellings of every character that Unicode composes, Hangul syllables among them: they become what
// the character becomes.
void add_decomposed(Replacements& replacements);

}  // namespace hanok
