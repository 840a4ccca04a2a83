#include "text/splitter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace hanok {

struct Splitter::Code {
  pcre2_code* code = nullptr;
  ~Code() { pcre2_code_free(code); }
};

namespace {

// Match data and stacks of one thread; a pattern's match needs no captures but the whole.
struct MatchMemory {
  pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(32 * 1024, 16 * 1024 * 1024, nullptr);
  MatchMemory() { pcre2_jit_stack_assign(context, nullptr, stack); }
  ~MatchMemory() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
  }
};

}  // namespace

Result<Splitter> Splitter::compile(const std::string& pattern) {
  int error = 0;
  PCRE2_SIZE at = 0;
  auto code = std::make_shared<Code>();
  code->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                             PCRE2_UTF | PCRE2_UCP | PCRE2_NO_AUTO_CAPTURE, &error, &at, nullptr);
  if (code->code == nullptr) {
    PCRE2_UCHAR message[256];
    pcre2_get_error_message(error, message, sizeof message);
    return fail(ErrorKind::kUnsupported, "pre-tokenizer pattern does not compile",
                pattern + ", character " + std::to_string(at), "a regular expression",
                reinterpret_cast<const char*>(message));
  }
  pcre2_jit_compile(code->code, PCRE2_JIT_COMPLETE);
  Splitter splitter;
  splitter.code_ = std::move(code);
  return splitter;
}

void Splitter::split(std::string_view text, std::vector<std::string_view>& pieces) const {
  thread_local MatchMemory memory;
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  size_t done = 0, at = 0;
  while (at < text.size()) {
    const int n = pcre2_match(code_->code, subject, text.size(), at, PCRE2_NO_UTF_CHECK, memory.data, memory.context);
    if (n < 0) break;  // no further match, or the limits are reached: the rest is one piece
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(memory.data);
    if (range[1] == range[0]) {
      at = range[1] + 1;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
      continue;
    }
    if (range[0] > done) pieces.push_back(text.substr(done, range[0] - done));
    pieces.push_back(text.substr(range[0], range[1] - range[0]));
    done = at = range[1];
  }
  if (done < text.size()) pieces.push_back(text.substr(done));
}

}  // namespace hanok
