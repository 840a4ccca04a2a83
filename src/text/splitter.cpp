#include "text/splitter.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include <time.h>

#include "text/regex_dialect.h"
#include "text/unicode.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace hanok {

struct Splitter::Code {
  std::string pattern;
  pcre2_code* code = nullptr;
  ~Code() { pcre2_code_free(code); }
};

namespace {

// Memory one match may take when the compiled code's own stack did not suffice.
constexpr uint32_t kHeapLimitKib = 1 << 20;
// From how many bytes a search may start, and how many matches there may be, before the time is looked at.
constexpr size_t kStarts = 8, kMatches = 1024;

// Steps from one start. Patterns of tokenizers take a few for each character they look at.
uint32_t most_steps(size_t n_bytes) {
  return static_cast<uint32_t>(std::min<size_t>(10'000 + 32 * n_bytes, UINT32_MAX));
}

// PCRE2 counts the steps from one start, not those from many that each look through the rest of the text: the processor
// time of a split has a limit too, many times what a pattern takes that looks at each character a few times.
class TimeLimit {
 public:
  explicit TimeLimit(size_t n_bytes) : most_s_(1 + 4e-6 * static_cast<double>(n_bytes)) {}

  // After a search that found nothing near, or many matches.
  bool is_over() {
    if (begin_ == Clock::time_point{}) {
      begin_ = Clock::now();
      begin_s_ = thread_seconds();
    }
    // The processor's time takes a system call, so it is only asked when it could be over.
    return std::chrono::duration<double>(Clock::now() - begin_).count() > most_s_ &&
           thread_seconds() - begin_s_ > most_s_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  static double thread_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }

  double most_s_, begin_s_ = 0;
  Clock::time_point begin_;
};

// Match data and stacks of one thread; a pattern's match needs no captures but the whole.
struct MatchMemory {
  pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(32 * 1024, 64 * 1024 * 1024, nullptr);
  MatchMemory() {
    pcre2_jit_stack_assign(context, nullptr, stack);
    pcre2_set_heap_limit(context, kHeapLimitKib);
  }
  ~MatchMemory() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
  }
};

std::string pcre2_message(int error) {
  PCRE2_UCHAR message[256];
  pcre2_get_error_message(error, message, sizeof message);
  return reinterpret_cast<const char*>(message);
}

using Part = Splitter::Part;

void append_piece(std::string_view text, size_t begin, size_t end, std::vector<std::string_view>& pieces) {
  if (begin < end) pieces.push_back(text.substr(begin, end - begin));
}

// Parts that belong together become one: `joins(previous, part)` says when a part goes on the one before it.
template <class Joins>
void join_parts(std::string_view text, const std::vector<Part>& parts, Joins joins,
                std::vector<std::string_view>& pieces) {
  for (size_t i = 0; i < parts.size();) {
    size_t end = i + 1;
    while (end < parts.size() && joins(parts[end - 1], parts[end])) ++end;
    append_piece(text, parts[i].begin, parts[end - 1].end, pieces);
    i = end;
  }
}

}  // namespace

Result<Splitter> Splitter::compile(const std::string& pattern) {
  HANOK_TRY(const std::string translated, to_pcre2(pattern));
  int error = 0;
  PCRE2_SIZE at = 0;
  auto code = std::make_shared<Code>();
  code->pattern = pattern;
  code->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                             PCRE2_UTF | PCRE2_UCP | PCRE2_NO_AUTO_CAPTURE | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C |
                                 PCRE2_USE_OFFSET_LIMIT,
                             &error, &at, nullptr);
  if (code->code == nullptr) {
    return fail(ErrorKind::kUnsupported, "pattern does not compile", translated + ", byte " + std::to_string(at),
                "a regular expression", pcre2_message(error));
  }
  pcre2_jit_compile(code->code, PCRE2_JIT_COMPLETE);  // where it fails, the pattern is interpreted
  Splitter splitter;
  splitter.code_ = std::move(code);
  return splitter;
}

Splitter Splitter::literal(std::string text) {
  Splitter splitter;
  splitter.literal_ = std::move(text);
  return splitter;
}

Splitter Splitter::characters(std::function<bool(char32_t)> matches) {
  Splitter splitter;
  splitter.character_ = std::move(matches);
  return splitter;
}

tl::unexpected<Error> Splitter::too_costly(size_t at, std::string why) const {
  return fail(ErrorKind::kLimit, "text could not be split", "byte " + std::to_string(at) + " of the text",
              "pattern " + code_->pattern + " to match within its limits", std::move(why), "break very long lines up");
}

Status Splitter::regex_parts(std::string_view text, std::vector<Part>& out) const {
  thread_local MatchMemory memory;
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  TimeLimit limit(text.size());
  pcre2_set_match_limit(memory.context, most_steps(text.size()));
  size_t done = 0, n_matches = 0;
  for (size_t at = 0; at <= text.size();) {
    const size_t last_start = at + kStarts;
    pcre2_set_offset_limit(memory.context, last_start);
    int n = pcre2_match(code_->code, subject, text.size(), at, PCRE2_NO_UTF_CHECK, memory.data, memory.context);
    if (n == PCRE2_ERROR_JIT_STACKLIMIT) {
      n = pcre2_match(code_->code, subject, text.size(), at, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, memory.data,
                      memory.context);
    }
    const bool nowhere = n == PCRE2_ERROR_NOMATCH;
    if (nowhere && last_start >= text.size()) break;
    if (n < 0 && !nowhere) return too_costly(at, pcre2_message(n));
    if ((nowhere || ++n_matches % kMatches == 0) && limit.is_over()) return too_costly(at, "too much time");
    if (nowhere) {
      for (at = last_start + 1; at < text.size() && (static_cast<uint8_t>(text[at]) & 0xc0) == 0x80;) ++at;
      continue;
    }
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(memory.data);
    const size_t begin = range[0], end = range[1];
    if (begin == end && end == done && at > 0) {  // an empty match right after the last one counts for nothing
      at += at < text.size() ? char_bytes(text[at]) : 1;
      continue;
    }
    if (begin < done || end < begin) {
      return fail(ErrorKind::kUnsupported, "pattern matches backwards", code_->pattern, "matches in order");
    }
    if (begin > done) out.push_back({done, begin, false});
    out.push_back({begin, end, true});
    at = done = end;
    if (begin == end && end == 0) at = text.empty() ? 1 : char_bytes(text[0]);
  }
  if (done < text.size()) out.push_back({done, text.size(), false});
  return {};
}

Status Splitter::parts(std::string_view text, std::vector<Part>& out) const {
  out.clear();
  if (code_) return regex_parts(text, out);
  size_t done = 0;
  const auto match = [&](size_t begin, size_t end) {
    if (begin > done) out.push_back({done, begin, false});
    out.push_back({begin, end, true});
    done = end;
  };
  if (character_) {
    size_t at = 0;
    for_each_char(text, [&](char32_t c, std::string_view bytes) {
      if (character_(c)) match(at, at + bytes.size());
      at += bytes.size();
    });
  } else if (!literal_.empty()) {
    for (size_t at = text.find(literal_); at != std::string_view::npos; at = text.find(literal_, done)) {
      match(at, at + literal_.size());
    }
  }
  if (done < text.size()) out.push_back({done, text.size(), false});
  return {};
}

Status Splitter::split(std::string_view text, SplitBehavior behavior, bool invert,
                       std::vector<std::string_view>& pieces) const {
  thread_local std::vector<Part> found;
  HANOK_RETURN_IF_ERROR(parts(text, found));
  if (invert) {
    for (Part& part : found) part.match = !part.match;
  }
  switch (behavior) {
    case SplitBehavior::kRemoved:
      for (const Part& part : found) append_piece(text, part.begin, part.match ? part.begin : part.end, pieces);
      break;
    case SplitBehavior::kIsolated:
      for (const Part& part : found) append_piece(text, part.begin, part.end, pieces);
      break;
    case SplitBehavior::kContiguous:
      join_parts(
          text, found, [](const Part& previous, const Part& part) { return part.match == previous.match; }, pieces);
      break;
    case SplitBehavior::kMergedWithPrevious:
      join_parts(
          text, found, [](const Part& previous, const Part& part) { return part.match && !previous.match; }, pieces);
      break;
    case SplitBehavior::kMergedWithNext:
      join_parts(
          text, found, [](const Part& previous, const Part& part) { return previous.match && !part.match; }, pieces);
      break;
  }
  return {};
}

Status Splitter::replace(std::string& text, std::string_view replacement, size_t most_bytes) const {
  std::vector<Part> found;
  HANOK_RETURN_IF_ERROR(parts(text, found));
  std::string out;
  out.reserve(text.size());
  for (const Part& part : found) {
    out += part.match ? replacement : std::string_view(text).substr(part.begin, part.end - part.begin);
    if (out.size() > most_bytes) {
      return fail(ErrorKind::kLimit, "text grows beyond its limit", "normalizer",
                  "at most " + std::to_string(most_bytes) + " bytes");
    }
  }
  text = std::move(out);
  return {};
}

}  // namespace hanok
