// Text files attached to a conversation: their paragraphs are numbered through all of them, so that an answer can point
// at its source.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace hanok {

struct Attachment {
  std::string name;  // of the file, without its folders
  std::string text;
};

// Errors: as read_text_file; a file without text.
Result<Attachment> read_attachment(const std::string& path);

// Blank lines part paragraphs; where there are none, line ends do.
std::vector<std::string> paragraphs_of(const std::string& text);

// "[1] …\n\n[2] …\n\n", the paragraphs of all files in order; with several files each begins with its name.
std::string numbered(std::span<const Attachment> files);

// What the model is told before a conversation about the files: their numbered paragraphs, and to answer from them. In
// Korean where the files hold Hangul, whatever the user's locale.
std::string instructions_about(std::span<const Attachment> files);

}  // namespace hanok
