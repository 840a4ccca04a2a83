// What is guessed, how far, and when guessing rests.
#include "engine/prompt_lookup.h"

#include <gtest/gtest.h>

namespace hanok {
namespace {

using Ids = std::vector<int32_t>;

Ids guess(PromptLookup& lookup, const Ids& text, int64_t room = 100) {
  const auto ids = lookup.guess(text, room);
  return {ids.begin(), ids.end()};
}

TEST(PromptLookup, GuessesWhatFollowedTheLastTime) {
  Ids text{1, 2, 3, 10, 11, 12, 13, 14, 1, 2, 3, 20, 21, 22, 23, 24, 1, 2, 3};
  PromptLookup lookup(7);
  EXPECT_EQ(guess(lookup, text), Ids());  // not before it is known what a step costs
  lookup.plain_step(10);
  EXPECT_EQ(guess(lookup, text), (Ids{20, 21, 22}));
  EXPECT_EQ(guess(lookup, text, 2), (Ids{20, 21}));
  EXPECT_EQ(guess(lookup, text, 0), Ids());
  EXPECT_EQ(guess(lookup, text, -1), Ids());
  text.push_back(20);
  EXPECT_EQ(guess(lookup, text), (Ids{21, 22, 23}));
  text.push_back(99);
  EXPECT_EQ(guess(lookup, text), Ids());  // 3, 20, 99 is new
}

TEST(PromptLookup, GuessesOnlyWhatIsThere) {
  PromptLookup lookup(7), none(0);
  for (PromptLookup* l : {&lookup, &none}) {
    l->plain_step(10);
    for (const Ids& text : {Ids{}, Ids{5}, Ids{5, 5}, Ids{5, 5, 5}}) EXPECT_EQ(guess(*l, text), Ids());
  }
  EXPECT_EQ(guess(lookup, {5, 5, 5, 5}), Ids{5});
  EXPECT_EQ(guess(none, {5, 5, 5, 5}), Ids());
}

TEST(PromptLookup, GuessesMoreWhileItIsRight) {
  Ids text;
  for (int i = 0; i < 43; ++i) text.push_back(i % 40);  // 0 .. 39, 0, 1, 2
  PromptLookup lookup(7);
  lookup.plain_step(10);
  EXPECT_EQ(guess(lookup, text).size(), 3u);
  lookup.checked_step(11, 3, 3);
  EXPECT_EQ(guess(lookup, text).size(), 7u);
  lookup.checked_step(15, 7, 7);
  EXPECT_EQ(guess(lookup, text).size(), 7u);
  lookup.checked_step(15, 7, 1);
  EXPECT_EQ(guess(lookup, text).size(), 2u);
  PromptLookup one(1);
  one.plain_step(10);
  one.checked_step(5, 1, 0);
  EXPECT_EQ(guess(one, text).size(), 1u);
}

TEST(PromptLookup, RestsWhileItDoesNotPay) {
  Ids text;
  for (int i = 0; i < 400; ++i) text.push_back(i % 8);
  PromptLookup lookup(7);
  lookup.plain_step(10);
  // Checks that cost as much as they could save and are never right.
  const auto checks_before_rest = [&] {
    int n = 0;
    while (!guess(lookup, text).empty() && n < 100) {
      lookup.checked_step(20, 3, 0);
      ++n;
    }
    return n;
  };
  const auto tokens_of_rest = [&] {
    int n = 0;
    while (guess(lookup, text).empty() && n < 10000) {
      text.push_back(static_cast<int32_t>(text.size() % 8));
      ++n;
    }
    return n;
  };
  const int first = checks_before_rest();
  EXPECT_GT(first, 0);
  EXPECT_LT(first, 5);
  EXPECT_EQ(tokens_of_rest(), 16);
  EXPECT_LT(checks_before_rest(), 5);
  EXPECT_EQ(tokens_of_rest(), 32);
  for (int i = 0; i < 10; ++i) checks_before_rest(), tokens_of_rest();
  checks_before_rest();
  EXPECT_EQ(tokens_of_rest(), 256);  // and never longer
  lookup.checked_step(11, 3, 3);     // it pays again
  EXPECT_EQ(guess(lookup, text).size(), 7u);
  for (int i = 0; i < 100 && !guess(lookup, text).empty(); ++i) lookup.checked_step(40, 3, 0);
  EXPECT_EQ(tokens_of_rest(), 16);
}

}  // namespace
}  // namespace hanok
