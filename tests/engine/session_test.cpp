// Sessions of a tiny model: whatever is cached, cancelled or cut, the tokens are those of a fresh run.
#include "engine/session.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/dry_breakers.h"
#include "nn/pack_cache.h"
#include "scratch.h"
#include "tiny_model.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SessionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { folder_ = new tiny::Folder("session"); }
  static void TearDownTestSuite() { delete folder_; }
  void SetUp() override { engine_ = load(2); }

  static std::unique_ptr<Engine> load(int n_threads, int64_t context = 0) {
    EngineOptions options;
    options.n_threads = n_threads;
    options.context = context;
    auto engine = Engine::load(folder_->path(), options);
    if (!engine) throw std::runtime_error(engine.error().to_string());
    return std::move(*engine);
  }
  // Small letters only, so that the random model's answers are text.
  static SamplingOptions letters(int64_t max_tokens, float temperature = 0) {
    SamplingOptions options;
    options.temperature = temperature;
    options.max_tokens = max_tokens;
    for (int32_t id = 0; id < tiny::kVocab; ++id)
      if (id < 'a' || id > 'z') options.logit_bias[id] = -std::numeric_limits<float>::infinity();
    return options;
  }
  static std::vector<int32_t> prompt(int n, int seed = 0) {
    std::vector<int32_t> ids;
    for (int i = 0; i < n; ++i) ids.push_back(32 + (i * 7 + i * i * 3 + seed) % 90);
    return ids;
  }
  static Generation run(Session& session, std::span<const int32_t> ids, const SamplingOptions& options,
                        const std::function<bool(std::string_view)>& on_text = {},
                        const std::atomic<bool>* cancel = nullptr) {
    auto result = session.generate(ids, options, on_text, cancel);
    if (!result) throw std::runtime_error(result.error().to_string());
    return std::move(*result);
  }
  Generation fresh(std::span<const int32_t> ids, const SamplingOptions& options) const {
    Session session(*engine_);
    return run(session, ids, options);
  }

  static tiny::Folder* folder_;
  std::unique_ptr<Engine> engine_;
};
tiny::Folder* SessionTest::folder_ = nullptr;

TEST_F(SessionTest, SameSeedSameTokensWhateverTheThreads) {
  const SamplingOptions options = letters(40, 1.5f);
  const Generation one = fresh(prompt(30), options);
  EXPECT_EQ(one.ids.size(), 40u);
  for (const int n_threads : {1, 3, 4}) {
    const auto engine = load(n_threads);
    Session session(*engine);
    EXPECT_EQ(run(session, prompt(30), options).ids, one.ids) << n_threads << " threads";
  }
  SamplingOptions other = options;
  other.seed = 1;
  EXPECT_NE(fresh(prompt(30), other).ids, one.ids);
}

// Guesses change the time an answer takes and nothing else.
TEST_F(SessionTest, GuessesFromTheTextChangeNoToken) {
  std::vector<int32_t> repeating;
  for (int i = 0; i < 60; ++i) repeating.push_back('a' + i % 5);
  int64_t n_right = 0, n_wrong = 0;
  for (const std::vector<int32_t>& ids : {repeating, prompt(40), prompt(150)}) {
    for (const float temperature : {0.0f, 0.3f, 1.5f}) {
      SamplingOptions plain = letters(90, temperature);
      plain.lookup = 0;
      plain.logit_bias['b'] = plain.logit_bias['c'] = plain.logit_bias['d'] = 3;  // few letters repeat soon
      const Generation expected = fresh(ids, plain);
      EXPECT_EQ(expected.n_guessed, 0);
      for (const int most : {1, 2, 7, 31}) {
        SamplingOptions guessing = plain;
        guessing.lookup = most;
        Session session(*engine_);
        const Generation got = run(session, ids, guessing);
        EXPECT_EQ(got.ids, expected.ids) << most << " guesses, temperature " << temperature;
        EXPECT_EQ(got.text, expected.text);
        EXPECT_LE(got.n_guessed_right, got.n_guessed);
        n_right += got.n_guessed_right;
        n_wrong += got.n_guessed - got.n_guessed_right;
        // What is cached is what was said, so that the next turn goes on from it.
        std::vector<int32_t> said = ids;
        said.insert(said.end(), got.ids.begin(), got.ids.end());
        const auto cached = session.cached();
        ASSERT_LE(cached.size(), said.size());
        ASSERT_GE(cached.size() + 1, said.size());
        EXPECT_TRUE(std::equal(cached.begin(), cached.end(), said.begin()));
        said.push_back('?');
        EXPECT_EQ(run(session, said, plain).ids, fresh(said, plain).ids);
      }
    }
  }
  EXPECT_GT(n_right, 0);
  EXPECT_GT(n_wrong, 0);
}

// Guesses that are always wrong and cost a step of one token each are soon given up for a while.
TEST_F(SessionTest, GuessesRestWhileTheyDoNotPay) {
  // Drawn evenly, from letters whose order of likelihood does not depend on the prompt: the answer is always the same.
  SamplingOptions sampling = letters(40, 1e6f);
  sampling.top_k = 0;
  sampling.top_p = 1;
  for (int32_t id = 'a'; id <= 'z'; ++id) sampling.logit_bias[id] = 1000.0f * static_cast<float>(id);
  const std::vector<int32_t> answer = fresh(prompt(10), sampling).ids;
  std::vector<int32_t> traps;  // each three tokens of the answer, but what follows is never right
  for (size_t i = 0; i + 3 < answer.size(); ++i)
    traps.insert(traps.end(), {answer[i], answer[i + 1], answer[i + 2], '!', '?'});
  Session* self = nullptr;
  Session session(*engine_, [&self] { return static_cast<double>(self->cached().size()); });  // a token, a millisecond
  self = &session;
  const Generation got = run(session, traps, sampling);
  ASSERT_EQ(got.ids, answer);
  EXPECT_EQ(got.n_guessed_right, 0);
  EXPECT_GT(got.n_guessed, 0);
  EXPECT_LE(got.n_guessed, 12) << "of about 75 that could have been made";
}

TEST_F(SessionTest, GuessesEndWhereTheAnswerMust) {
  const auto engine = load(1, 64);
  const std::vector<int32_t> ids(40, 'a');
  for (int64_t max_tokens : {1, 2, 3, 5, 9, 24, 25, 100}) {
    SamplingOptions plain = letters(max_tokens), guessing = plain;
    plain.lookup = 0;
    plain.logit_bias['a'] = guessing.logit_bias['a'] = 1000;  // every guess is right
    guessing.lookup = 31;
    Session one(*engine), other(*engine);
    const Generation expected = run(one, ids, plain), got = run(other, ids, guessing);
    EXPECT_EQ(got.ids, expected.ids) << max_tokens;
    EXPECT_EQ(got.reason, expected.reason) << max_tokens;
    EXPECT_LE(other.cached().size(), 64u);
    plain.stop = guessing.stop = {"aaaa"};
    EXPECT_EQ(run(other, ids, guessing).text, run(one, ids, plain).text);
  }
}

TEST_F(SessionTest, ReusesThePrefixAndAnswersAsAFreshOne) {
  Session session(*engine_);
  const SamplingOptions options = letters(10);
  std::vector<int32_t> ids = prompt(70);
  const Generation first = run(session, ids, options);
  EXPECT_EQ(first.n_prompt_reused, 0);
  ids.insert(ids.end(), first.ids.begin(), first.ids.end());  // the next turn of a chat
  ids.push_back('?');
  const Generation second = run(session, ids, options);
  EXPECT_EQ(second.n_prompt_reused, 79);  // the last token of an answer is never fed
  EXPECT_EQ(second.ids, fresh(ids, options).ids);
  std::vector<int32_t> edited = ids;
  edited[65] = '!';
  const Generation third = run(session, edited, options);
  EXPECT_EQ(third.n_prompt_reused, 65);
  EXPECT_EQ(third.ids, fresh(edited, options).ids);
  EXPECT_EQ(run(session, edited, options).n_prompt_reused, static_cast<int64_t>(edited.size()) - 1);
}

TEST_F(SessionTest, TruncateKeepsWhatComesBefore) {
  Session session(*engine_);
  const auto ids = prompt(100);
  ASSERT_TRUE(session.logits(ids, false));
  session.truncate(1000);
  EXPECT_EQ(session.cached().size(), 100u);
  session.truncate(64);
  ASSERT_EQ(session.cached().size(), 64u);
  const auto again = session.logits(std::span(ids).subspan(64), false);
  Session other(*engine_);
  const auto expected = other.logits(ids, false);
  ASSERT_TRUE(again && expected);
  // The two runs cut their batches elsewhere; sums in one row do not depend on it.
  EXPECT_EQ(*again, *expected);
  session.truncate(-5);
  EXPECT_TRUE(session.cached().empty());
}

TEST_F(SessionTest, LogitsOfAllTokensEndWithThoseOfTheLast) {
  Session all(*engine_), last(*engine_);
  const auto ids = prompt(20);
  const auto rows = all.logits(ids, true), row = last.logits(ids, false);
  ASSERT_TRUE(rows && row);
  ASSERT_EQ(rows->size(), 20u * tiny::kVocab);
  EXPECT_EQ(std::vector<float>(rows->end() - tiny::kVocab, rows->end()), *row);
}

TEST_F(SessionTest, StopStringsSpanTokensAndNeverShow) {
  const Generation whole = fresh(prompt(12), letters(40));
  ASSERT_EQ(whole.text.size(), 40u);  // one letter each
  // A stop of three letters that does not occur before its place.
  size_t at = 5;
  while (whole.text.find(whole.text.substr(at, 3)) != at) ++at;
  ASSERT_LT(at, 37u);
  SamplingOptions options = letters(40);
  options.stop = {"0", "", whole.text.substr(at, 3)};
  std::string shown;
  Session session(*engine_);
  const Generation cut = run(session, prompt(12), options, [&](std::string_view piece) {
    shown += piece;
    return true;
  });
  EXPECT_EQ(cut.reason, StopReason::kStopString);
  EXPECT_EQ(cut.text, whole.text.substr(0, at));
  EXPECT_EQ(shown, cut.text);
  EXPECT_EQ(cut.ids.size(), at + 3);
}

TEST_F(SessionTest, TextHeldBackForAStopStringComesAtTheEnd) {
  const Generation whole = fresh(prompt(12), letters(8));
  SamplingOptions options = letters(8);
  options.stop = {whole.text.substr(6) + "!"};
  const Generation out = fresh(prompt(12), options);
  EXPECT_EQ(out.reason, StopReason::kMaxTokens);
  EXPECT_EQ(out.text, whole.text);
}

TEST_F(SessionTest, CancelsFromTheCallbackAndFromOutside) {
  Session session(*engine_);
  int n_shown = 0;
  const Generation stopped = run(session, prompt(12), letters(40), [&](std::string_view) { return ++n_shown < 5; });
  EXPECT_EQ(stopped.reason, StopReason::kCancelled);
  EXPECT_EQ(stopped.ids.size(), 5u);
  EXPECT_EQ(run(session, prompt(12), letters(40)).ids, fresh(prompt(12), letters(40)).ids);

  const std::atomic<bool> cancel = true;
  Session before(*engine_);
  const Generation none = run(before, prompt(12), letters(40), {}, &cancel);
  EXPECT_EQ(none.reason, StopReason::kCancelled);
  EXPECT_TRUE(none.ids.empty());
  EXPECT_TRUE(before.cached().empty());
}

TEST_F(SessionTest, CancelsFromAnotherThread) {
  Session session(*engine_);
  std::atomic<bool> cancel = false, shown = false;
  std::thread other([&] {
    while (!shown) std::this_thread::yield();
    cancel = true;
  });
  const auto show = [&](std::string_view) {
    shown = true;
    while (!cancel) std::this_thread::yield();
    return true;
  };
  const Generation out = run(session, prompt(12), letters(40), show, &cancel);
  other.join();
  EXPECT_EQ(out.reason, StopReason::kCancelled);
  EXPECT_EQ(out.ids.size(), 1u);
}

TEST_F(SessionTest, EndsWhenTheContextIsFull) {
  const auto engine = load(1, 40);
  Session session(*engine);
  const Generation out = run(session, prompt(30), letters(-1));
  EXPECT_EQ(out.reason, StopReason::kContextFull);
  EXPECT_EQ(out.ids.size(), 11u);  // ten fill the context, one more needs no room
  EXPECT_EQ(out.ids, fresh(prompt(30), letters(11)).ids);
  const Generation brim = run(session, prompt(40), letters(-1));
  EXPECT_EQ(brim.reason, StopReason::kContextFull);
  EXPECT_EQ(brim.ids.size(), 1u);
}

TEST_F(SessionTest, MaxTokensZeroOnlyReadsThePrompt) {
  Session session(*engine_);
  const Generation out = run(session, prompt(12), letters(0));
  EXPECT_EQ(out.reason, StopReason::kMaxTokens);
  EXPECT_TRUE(out.ids.empty() && out.text.empty());
  EXPECT_EQ(session.cached().size(), 12u);
}

TEST_F(SessionTest, EndsAtTheEndTokenUnlessToldToIgnoreIt) {
  SamplingOptions options = letters(5);
  options.logit_bias = {{tiny::kEos, 1000.0f}};
  const Generation out = fresh(prompt(12), options);
  EXPECT_EQ(out.reason, StopReason::kEnd);
  EXPECT_EQ(out.ids, std::vector<int32_t>{tiny::kEos});
  EXPECT_TRUE(out.text.empty());
  options.ignore_eos = true;
  EXPECT_EQ(fresh(prompt(12), options).reason, StopReason::kMaxTokens);
}

TEST_F(SessionTest, RefusesWhatItCannotDoAndSaysWhy) {
  const auto engine = load(1, 40);
  Session session(*engine);
  const auto error_of = [&](const std::vector<int32_t>& ids, const SamplingOptions& options = {}) {
    const auto out = session.generate(ids, options, {});
    return out ? "" : out.error().to_string();
  };
  EXPECT_THAT(error_of({}), HasSubstr("empty prompt"));
  EXPECT_THAT(error_of(prompt(41)), ::testing::AllOf(HasSubstr("at most 40"), HasSubstr("41"), HasSubstr("--context")));
  EXPECT_THAT(error_of({1, 2, 264}), ::testing::AllOf(HasSubstr("0 to 263"), HasSubstr("264")));
  EXPECT_THAT(error_of({1, -1}), HasSubstr("-1"));
  SamplingOptions options;
  options.logit_bias[tiny::kVocab] = 1;
  EXPECT_THAT(error_of({1}, options), HasSubstr("logit_bias"));
  ASSERT_TRUE(session.logits(prompt(30), false));
  EXPECT_FALSE(session.logits(prompt(11), false));  // together too long
  EXPECT_EQ(session.cached().size(), 30u);
}

// Packed weights that were damaged on the disk: no answer is made of them once that is known.
TEST_F(SessionTest, DamagedPackedWeightsEndTheAnswer) {
  const testing::Scratch cache;
  EngineOptions options;
  options.n_threads = 2;
  options.packs = {cache.path(), uint64_t{1} << 30, 0, 0};
  ASSERT_TRUE(Engine::load(folder_->path(), options));
  const fs::path file = PackCache::list(cache.path()).at(0).path;
  const std::string whole = testing::read_file(file);
  const size_t index = whole.find("{\"facts\"");
  for (const bool is_checked : {false, true}) {  // since the system started: then numbers that are none tell it
    std::string bytes = whole;
    std::fill(bytes.begin() + 4096, bytes.begin() + static_cast<std::ptrdiff_t>(index), '\xff');
    if (!is_checked) bytes[80] = '\0';
    testing::write_file(file, bytes);
    const auto engine = Engine::load(folder_->path(), options);
    ASSERT_TRUE(engine) << engine.error().to_string();
    while (!is_checked && (*engine)->weights_state()) std::this_thread::yield();
    const auto answer = Session(**engine).generate(prompt(10), letters(3), {});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::kCorruptFile);
    EXPECT_EQ(answer.error().where, file.string());
    EXPECT_FALSE(fs::exists(file));
  }
  const auto anew = Engine::load(folder_->path(), options);
  ASSERT_TRUE(anew);
  EXPECT_EQ(Session(**anew).generate(prompt(10), letters(3), {})->ids, fresh(prompt(10), letters(3)).ids);
}

TEST_F(SessionTest, TwoSessionsOfOneEngineDoNotDisturbEachOther) {
  Session a(*engine_), b(*engine_);
  const SamplingOptions options = letters(10);
  const auto first = run(a, prompt(20, 1), options).ids, second = run(b, prompt(20, 2), options).ids;
  EXPECT_EQ(run(a, prompt(20, 1), options).ids, first);
  EXPECT_EQ(fresh(prompt(20, 2), options).ids, second);
}

TEST_F(SessionTest, DryBreakersAreFoundInTheVocabulary) {
  SamplingOptions options;
  EXPECT_TRUE(dry_breakers(engine_->tokenizer(), options).tokens.empty()) << "DRY is off";
  options.dry_multiplier = 1;
  options.dry_breakers = {"b", "cd", ""};
  const DryBreakers breakers = dry_breakers(engine_->tokenizer(), options);
  EXPECT_EQ(breakers.tokens, (std::unordered_set<int32_t>{'b', tiny::kAb}));
  EXPECT_EQ(breakers.sequences, (std::vector<std::vector<int32_t>>{{'c', 'd'}}));
}

}  // namespace
}  // namespace hanok
