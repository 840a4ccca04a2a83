#include "text/thinking.h"

#include <algorithm>
#include <array>

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSpace = " \t\r\n";
// The tags of every open Korean model that writes its thinking between tags.
constexpr std::array<std::string_view, 2> kTagNames = {"think", "thought"};

struct Switch {
  const char* variable;
  bool when_on;
};
constexpr std::array<Switch, 4> kSwitches = {
    {{"enable_thinking", true}, {"thinking", true}, {"force_reasoning", true}, {"skip_reasoning", false}}};

std::string_view without_space_behind(std::string_view text) {
  const size_t last = text.find_last_not_of(kSpace);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

// Bytes at the end of `text` that begin `tag`.
size_t begun_tag(std::string_view text, std::string_view tag) {
  for (size_t n = std::min(text.size(), tag.size() - 1); n > 0; --n)
    if (text.substr(text.size() - n) == tag.substr(0, n)) return n;
  return 0;
}

}  // namespace

void wish_for_thinking(ChatTemplate::Input& input, ThinkingWish wish) {
  if (wish == ThinkingWish::kModel) return;
  if (!input.extra.is_object()) input.extra = Json::object();
  for (const Switch& s : kSwitches) input.extra[s.variable] = (wish == ThinkingWish::kOn) == s.when_on;
}

std::optional<Thinking> Thinking::of(const ChatTemplate& chat_template, ChatTemplate::Input input) {
  input.messages = Json::array({{{"role", "user"}, {"content", "?"}}});
  const auto rendered = [&](ThinkingWish wish) {
    ChatTemplate::Input told = input;
    wish_for_thinking(told, wish);
    return chat_template.render(told).value_or("");
  };
  const std::string on = rendered(ThinkingWish::kOn), off = rendered(ThinkingWish::kOff);
  for (const std::string_view name : kTagNames) {
    Thinking thinking;
    thinking.open_ = "<" + std::string(name) + ">";
    thinking.close_ = "</" + std::string(name) + ">";
    thinking.has_switch_ = on != off;
    const bool is_written = chat_template.source().find(thinking.close_) != std::string::npos;
    if (is_written || thinking.is_open_at_end(on)) return thinking;
  }
  return std::nullopt;
}

bool Thinking::is_open_at_end(std::string_view prompt) const {
  return without_space_behind(prompt).ends_with(open_);
}

std::string Thinking::with_thinking_over(std::string prompt) const {
  if (!is_open_at_end(prompt)) prompt += open_ + "\n";
  return prompt + "\n" + close_ + "\n\n";
}

ThinkingSplitter::ThinkingSplitter(const Thinking& thinking, bool inside)
    : open_(thinking.open_tag()), close_(thinking.close_tag()), part_(inside ? Part::kThinking : Part::kBegin) {}

// Nothing but white space has come: decides once it is clear whether the opening tag follows.
void ThinkingSplitter::take_begin(bool all) {
  const size_t first = held_.find_first_not_of(kSpace);
  const std::string_view rest = first == std::string::npos ? std::string_view() : std::string_view(held_).substr(first);
  if (rest.starts_with(open_)) {
    held_ = rest.substr(open_.size());
    part_ = Part::kThinking;
  } else if (all || (!rest.empty() && !std::string_view(open_).starts_with(rest))) {
    part_ = Part::kAnswer;
  }
}

void ThinkingSplitter::take_thinking(bool all, Piece& piece) {
  const size_t close = held_.find(close_);
  const bool is_over = close != std::string::npos;
  size_t n = is_over ? close : held_.size() - (all ? 0 : begun_tag(held_, close_));
  n = without_space_behind(std::string_view(held_).substr(0, n)).size();
  const size_t first = began_ ? 0 : std::min(held_.find_first_not_of(kSpace), n);
  piece.thinking += held_.substr(first, n - first);
  began_ = began_ || n > first;
  held_.erase(0, is_over ? close + close_.size() : n);
  if (!is_over) return;
  part_ = Part::kAnswer;
  began_ = false;
}

ThinkingSplitter::Piece ThinkingSplitter::take(bool all) {
  Piece piece;
  if (part_ == Part::kBegin) take_begin(all);
  if (part_ == Part::kThinking) take_thinking(all, piece);
  if (part_ != Part::kAnswer) return piece;
  const size_t first = began_ ? 0 : std::min(held_.find_first_not_of(kSpace), held_.size());
  piece.answer = held_.substr(first);
  began_ = began_ || !piece.answer.empty();
  held_.clear();
  return piece;
}

ThinkingSplitter::Piece ThinkingSplitter::push(std::string_view text) {
  held_ += text;
  return take(false);
}

ThinkingSplitter::Piece ThinkingSplitter::finish() {
  return take(true);
}

}  // namespace hanok
