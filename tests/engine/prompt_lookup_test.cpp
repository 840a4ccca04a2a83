// What is guessed, how far, and when guessing rests.
#include "engine/prompt_lookup.h"

#include <gtest/gtest.h>

namespace hanok {
namespace {

using Ids = std::vector<int32_t>;

Ids guess(PromptLookup& lookup, int64_t room = 100) {
  const auto ids = lookup.guess(room);
  return {ids.begin(), ids.end()};
}

TEST(PromptLookup, GuessesWhatFollowedTheLastTime) {
  const Ids prompt{1, 2, 3, 10, 11, 12, 13, 14, 1, 2, 3, 20, 21, 22, 23, 24, 1, 2, 3};
  PromptLookup lookup(prompt, 7);
  EXPECT_EQ(guess(lookup), Ids());  // not before it is known what a step costs
  lookup.plain_step(10);
  EXPECT_EQ(guess(lookup), (Ids{20, 21, 22}));
  EXPECT_EQ(guess(lookup, 2), (Ids{20, 21}));
  EXPECT_EQ(guess(lookup, 0), Ids());
  lookup.add(20);
  EXPECT_EQ(guess(lookup), (Ids{21, 22, 23}));
  lookup.add(99);
  EXPECT_EQ(guess(lookup), Ids());  // 3, 20, 99 is new
}

TEST(PromptLookup, GuessesOnlyWhatIsThere) {
  PromptLookup lookup(Ids{5, 5, 5, 5}, 7);
  lookup.plain_step(10);
  EXPECT_EQ(guess(lookup), Ids{5});
  PromptLookup few(Ids{5, 5}, 7), none(Ids{5, 5, 5, 5}, 0), empty({}, 7);
  for (PromptLookup* l : {&few, &none, &empty}) {
    l->plain_step(10);
    EXPECT_EQ(guess(*l), Ids());
    l->add(5);
  }
}

TEST(PromptLookup, GuessesMoreWhileItIsRight) {
  Ids prompt;
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 40; ++i) prompt.push_back(i);
  prompt.resize(43);  // 0 .. 39, 0, 1, 2
  PromptLookup lookup(prompt, 7);
  lookup.plain_step(10);
  EXPECT_EQ(guess(lookup).size(), 3u);
  lookup.checked_step(11, 3, 3);
  EXPECT_EQ(guess(lookup).size(), 7u);
  lookup.checked_step(15, 7, 7);
  EXPECT_EQ(guess(lookup).size(), 7u);
  lookup.checked_step(15, 7, 1);
  EXPECT_EQ(guess(lookup).size(), 2u);
}

TEST(PromptLookup, RestsWhileItDoesNotPay) {
  Ids prompt;
  for (int i = 0; i < 400; ++i) prompt.push_back(i % 8);
  PromptLookup lookup(prompt, 7);
  lookup.plain_step(10);
  // Checks that cost as much as they could save and are never right.
  const auto checks_before_rest = [&] {
    int n = 0;
    while (!lookup.guess(100).empty() && n < 100) {
      lookup.checked_step(20, 3, 0);
      ++n;
    }
    return n;
  };
  auto tokens_of_rest = [&, next = 0]() mutable {
    int n = 0;
    while (lookup.guess(100).empty() && n < 10000) {
      lookup.add(next++ % 8);
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
  EXPECT_EQ(guess(lookup).size(), 7u);
  for (int i = 0; i < 100 && !lookup.guess(100).empty(); ++i) lookup.checked_step(40, 3, 0);
  EXPECT_EQ(tokens_of_rest(), 16);
}

}  // namespace
}  // namespace hanok
