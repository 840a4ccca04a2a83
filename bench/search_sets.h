// The labelled sets that search is measured on: documents, and questions with the document that answers them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace hanok {

struct LabelledSet {
  struct Document {
    std::string name;   // tells the reader the format
    std::string title;  // beside the text; empty: what the text says
    std::string text;
  };
  struct Question {
    std::string text;
    size_t document_idx = 0;
  };
  std::string name;
  std::vector<Document> documents;
  std::vector<Question> questions;
};

// KorQuAD 1.0 dev: each distinct passage is a document.
Result<LabelledSet> read_korquad(const std::filesystem::path& path);
// freshvault's ko-bench: notes in Markdown.
Result<LabelledSet> read_ko_bench(const std::filesystem::path& path);

// The text with each run of spaces left out with the probability; 0 and 1 are exact. The same for the same text.
std::string without_spaces(const std::string& text, double probability);

}  // namespace hanok
