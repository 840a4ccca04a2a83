// Thinking read off a template, and streams cut into thinking and answer wherever the pieces end.
#include "text/thinking.h"

#include <gtest/gtest.h>

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

ChatTemplate parsed(const std::string& source) {
  auto chat_template = ChatTemplate::parse(source);
  if (!chat_template) throw std::runtime_error(chat_template.error().to_string());
  return std::move(*chat_template);
}

constexpr const char* kSwitch =
    "{% for m in messages %}{{ m.content }}{% endfor %}A:"
    "{% if enable_thinking is defined and enable_thinking %}<think>\n{% else %}<think>\n\n</think>\n\n{% endif %}";
constexpr const char* kAlways =
    "{% for m in messages %}{{ m.content.split('</thought>')[-1] }}{% endfor %}A:<thought>\n";
constexpr const char* kSkip =
    "{% for m in messages %}{{ m.content }}{% endfor %}A:<think>\n{% if skip_reasoning %}{{ '\n</think>\n\n' }}{% "
    "endif %}";
constexpr const char* kNone = "{% for m in messages %}{{ m.content }}{% endfor %}A:";

TEST(Thinking, IsReadOffTheTemplate) {
  const auto by_switch = Thinking::of(parsed(kSwitch));
  ASSERT_TRUE(by_switch);
  EXPECT_EQ(by_switch->open_tag(), "<think>");
  EXPECT_TRUE(by_switch->has_switch());
  const auto always = Thinking::of(parsed(kAlways));
  ASSERT_TRUE(always);
  EXPECT_EQ(always->close_tag(), "</thought>");
  EXPECT_FALSE(always->has_switch());
  EXPECT_TRUE(Thinking::of(parsed(kSkip))->has_switch());
  EXPECT_FALSE(Thinking::of(parsed(kNone)));
}

TEST(Thinking, WishesReachTheTemplate) {
  const auto rendered = [](const char* source, ThinkingWish wish) {
    ChatTemplate::Input input;
    input.messages = Json::array({{{"role", "user"}, {"content", "Q"}}});
    wish_for_thinking(input, wish);
    return parsed(source).render(input).value();
  };
  EXPECT_EQ(rendered(kSwitch, ThinkingWish::kOn), "QA:<think>\n");
  EXPECT_EQ(rendered(kSwitch, ThinkingWish::kOff), "QA:<think>\n\n</think>\n\n");
  EXPECT_EQ(rendered(kSwitch, ThinkingWish::kModel), "QA:<think>\n\n</think>\n\n");
  EXPECT_EQ(rendered(kSkip, ThinkingWish::kOn), "QA:<think>\n");
  EXPECT_EQ(rendered(kSkip, ThinkingWish::kOff), "QA:<think>\n\n</think>\n\n");
}

TEST(Thinking, IsEndedInThePromptWhereThereIsNoSwitch) {
  const auto thinking = Thinking::of(parsed(kAlways));
  EXPECT_TRUE(thinking->is_open_at_end("A:<thought>\n"));
  EXPECT_FALSE(thinking->is_open_at_end("A:<thought>\n</thought>\n"));
  EXPECT_EQ(thinking->with_thinking_over("A:<thought>\n"), "A:<thought>\n\n</thought>\n\n");
  EXPECT_EQ(thinking->with_thinking_over("A:"), "A:<thought>\n\n</thought>\n\n");
}

struct Parts {
  std::string thinking, answer;
  bool operator==(const Parts&) const = default;
};

Parts split(const std::string& text, size_t n_bytes, bool inside = false) {
  const auto thinking = Thinking::of(parsed(kSwitch));
  ThinkingSplitter splitter(*thinking, inside);
  Parts parts;
  const auto add = [&](const ThinkingSplitter::Piece& piece) {
    parts.thinking += piece.thinking;
    parts.answer += piece.answer;
  };
  for (size_t at = 0; at < text.size(); at += n_bytes) add(splitter.push(text.substr(at, n_bytes)));
  add(splitter.finish());
  return parts;
}

TEST(ThinkingSplitter, CutsAlikeHoweverTheStreamIsCut) {
  for (size_t n = 1; n < 40; ++n) {
    EXPECT_EQ(split("<think>\nhm\n\nso\n</think>\n\nyes\nno", n), (Parts{"hm\n\nso", "yes\nno"})) << n;
    EXPECT_EQ(split("\n<think>\n\n</think>\n\nyes", n), (Parts{"", "yes"})) << n;
    EXPECT_EQ(split("hm </thin </think>yes</think>", n, true), (Parts{"hm </thin", "yes</think>"})) << n;
    EXPECT_EQ(split("<b>yes</b> <think>", n), (Parts{"", "<b>yes</b> <think>"})) << n;
    EXPECT_EQ(split("<think>never over </th", n), (Parts{"never over </th", ""})) << n;
    EXPECT_EQ(split("<thi", n), (Parts{"", "<thi"})) << n;
  }
}

TEST(ThinkingSplitter, HoldsBackNoMoreThanItMust) {
  const auto thinking = Thinking::of(parsed(kSwitch));
  ThinkingSplitter splitter(*thinking, false);
  EXPECT_EQ(splitter.push("<").answer, "");
  EXPECT_EQ(splitter.push("b").answer, "<b");
  EXPECT_EQ(splitter.push("<think>").answer, "<think>") << "in the answer a tag is text";
}

}  // namespace
}  // namespace hanok
