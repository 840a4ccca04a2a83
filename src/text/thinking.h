// How a model shows what it thinks before it answers, read off its own template; and streams cut into the two.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/chat_template.h"

namespace hanok {

enum class ThinkingWish { kModel, kOn, kOff };  // kModel: what the template does when it is told nothing

// Tells the template what is wished, in every variable that templates ask for it.
void wish_for_thinking(ChatTemplate::Input& input, ThinkingWish wish);

class Thinking {
 public:
  // None where the template knows no thinking. input: the tokens the template is given; its messages do not matter.
  static std::optional<Thinking> of(const ChatTemplate& chat_template, ChatTemplate::Input input = {});

  const std::string& open_tag() const { return open_; }    // "<think>"
  const std::string& close_tag() const { return close_; }  // "</think>"
  // Whether a variable of the template turns thinking on and off.
  bool has_switch() const { return has_switch_; }
  // Whether a rendered prompt ends inside the thinking, so that the answer begins there.
  bool is_open_at_end(std::string_view prompt) const;
  // For a model without a switch: the prompt with a thinking that is empty and over.
  std::string with_thinking_over(std::string prompt) const;

 private:
  std::string open_, close_;
  bool has_switch_ = false;
};

// Cuts a streamed answer into thinking and answer. White space around either is left out.
class ThinkingSplitter {
 public:
  struct Piece {
    std::string thinking, answer;
  };
  // inside: the stream begins in the thinking, whose tag stands in the prompt.
  ThinkingSplitter(const Thinking& thinking, bool inside);

  // What is certain now; a piece that may be a part of a tag is held back.
  Piece push(std::string_view text);
  Piece finish();
  bool is_thinking() const { return part_ == Part::kThinking; }

 private:
  enum class Part { kBegin, kThinking, kAnswer };
  void take_begin(bool all);
  void take_thinking(bool all, Piece& piece);
  Piece take(bool all);

  std::string open_, close_, held_;
  Part part_;
  bool began_ = false;  // something was given of the present part
};

}  // namespace hanok
