// Fuzzes what is done with a document's text: sentences, passages, terms, the places of a query's words.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "documents/reader.h"
#include "search/chunker.h"
#include "search/sentences.h"
#include "search/terms.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), n_bytes);
  const auto document = hanok::read_document(bytes, "a.md");
  if (!document) return 0;
  size_t last = 0;
  for (const hanok::TextSpan span : hanok::split_sentences(document->text)) {
    if (span.begin < last || span.begin >= span.end || span.end > document->text.size()) std::abort();
    last = span.end;
  }
  for (const hanok::NewChunk& chunk : hanok::chunk_document(*document, {20, 60, 15, 10})) {
    if (document->text.find(chunk.text) == std::string::npos || chunk.end <= chunk.begin) std::abort();
    for (const hanok::TextSpan span : hanok::find_query_words(chunk.text, "가나 abc 1"))
      if (span.begin >= span.end || span.end > chunk.text.size()) std::abort();
  }
  return 0;
}
