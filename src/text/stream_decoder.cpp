#include "text/stream_decoder.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace hanok {
namespace {

// Length of the longest end of `text` with which one of the stop strings begins.
size_t held_back(const std::string& text, const std::vector<std::string>& stops) {
  size_t held = 0;
  for (const std::string& stop : stops) {
    for (size_t n = std::min(text.size(), stop.size() - 1); n > held; --n) {
      if (text.compare(text.size() - n, n, stop, 0, n) == 0) held = n;
    }
  }
  return held;
}

}  // namespace

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer, std::vector<std::string> stops, std::vector<int32_t> shown)
    : tokenizer_(tokenizer), stops_(std::move(stops)), shown_(std::move(shown)) {
  std::erase_if(stops_, [](const std::string& stop) { return stop.empty(); });
}

std::string StreamDecoder::push(int32_t id) {
  if (stopped_) return {};
  const bool is_shown = std::find(shown_.begin(), shown_.end(), id) != shown_.end();
  if (is_shown || !tokenizer_.is_special(id)) tokenizer_.decode_next(state_, id, bytes_);
  return release(false);
}

std::string StreamDecoder::finish() {
  return stopped_ ? std::string() : release(true);
}

std::string StreamDecoder::release(bool all) {
  const size_t whole = all ? bytes_.size() : complete_utf8_prefix(bytes_);
  text_ += replace_invalid_utf8(std::string_view(bytes_).substr(0, whole));
  bytes_.erase(0, whole);
  size_t stop_at = std::string::npos;
  for (const std::string& stop : stops_) stop_at = std::min(stop_at, text_.find(stop));
  if (stop_at != std::string::npos) {
    stopped_ = true;
    std::string out = text_.substr(0, stop_at);
    text_.clear();
    bytes_.clear();
    return out;
  }
  const size_t n = text_.size() - (all ? 0 : held_back(text_, stops_));
  size_t cut = n;
  while (cut > 0 && cut < text_.size() && (static_cast<uint8_t>(text_[cut]) & 0xc0) == 0x80) --cut;
  std::string out = text_.substr(0, cut);
  text_.erase(0, cut);
  return out;
}

}  // namespace hanok
