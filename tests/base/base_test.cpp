// The small tools: edit distance, the user's language, errors as values.
#include <array>
#include <cstdlib>
#include <memory>

#include <gtest/gtest.h>

#include "base/edit_distance.h"
#include "base/locale.h"
#include "base/result.h"

namespace hanok {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsAndReplacements) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("saturday", "sunday"), 3u);
  EXPECT_EQ(edit_distance("abcd", "bcda"), 2u);
  EXPECT_EQ(edit_distance("가", "나"), 3u);  // in bytes: ea b0 80 and eb 82 98
}

// Sets or (null) removes a variable and puts the old value back at the end.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = std::make_unique<std::string>(old);
    value != nullptr ? ::setenv(name, value, 1) : ::unsetenv(name);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::unique_ptr<std::string> old_;
};

Language language(const char* hanok, const char* all, const char* messages, const char* lang) {
  const Variable a("HANOK_LANG", hanok), b("LC_ALL", all), c("LC_MESSAGES", messages), d("LANG", lang);
  return user_language();
}

TEST(Locale, TheFirstVariableThatIsSetDecides) {
  constexpr auto kKo = Language::kKorean, kEn = Language::kEnglish;
  EXPECT_EQ(language(nullptr, nullptr, nullptr, nullptr), kEn);
  EXPECT_EQ(language(nullptr, nullptr, nullptr, "ko_KR.UTF-8"), kKo);
  EXPECT_EQ(language(nullptr, nullptr, "en_US.UTF-8", "ko_KR.UTF-8"), kEn);
  EXPECT_EQ(language(nullptr, "ko_KR.UTF-8", "en_US.UTF-8", "en_US.UTF-8"), kKo);
  EXPECT_EQ(language("ko", "en_US.UTF-8", "C", "C"), kKo);
  EXPECT_EQ(language("en", "ko_KR.UTF-8", "ko", "ko"), kEn);
  EXPECT_EQ(language("", "", "", "ko"), kKo);  // empty is not set
  EXPECT_EQ(language(nullptr, "C", nullptr, nullptr), kEn);
}

TEST(Error, ToStringLeavesEmptyPartsOut) {
  EXPECT_EQ((Error{ErrorKind::kIo, "cannot read"}.to_string()), "cannot read");
  EXPECT_EQ((Error{ErrorKind::kIo, "wrong size", "a.bin", "8", "7", "fetch it again"}.to_string()),
            "a.bin: wrong size: expected 8, got 7 (fetch it again)");
  EXPECT_EQ((Error{ErrorKind::kIo, "wrong size", "", "", "7"}.to_string()), "wrong size: got 7");
  EXPECT_EQ((Error{ErrorKind::kIo, "missing", "key", "a text"}.to_string()), "key: missing: expected a text");
}

TEST(Error, InPutsTheOuterPlaceFirst) {
  const Error inner{ErrorKind::kLimit, "too long", "line 3"};
  EXPECT_EQ(inner.in("a.txt").where, "a.txt: line 3");
  EXPECT_EQ((Error{ErrorKind::kLimit, "too long"}.in("a.txt").where), "a.txt");
  EXPECT_EQ(inner.in("a.txt").kind, ErrorKind::kLimit);
}

Result<std::unique_ptr<int>> positive(int x) {
  if (x <= 0) return fail(ErrorKind::kInvalidInput, "not positive", "x", "1 or more", std::to_string(x));
  return std::make_unique<int>(x);
}
Result<int> doubled(int x) {
  HANOK_TRY(const std::unique_ptr<int> value, positive(x));
  HANOK_TRY(const std::unique_ptr<int> again, positive(*value));
  return *value + *again;
}
Status both(int a, int b) {
  HANOK_RETURN_IF_ERROR(doubled(a));
  HANOK_RETURN_IF_ERROR(doubled(b));
  return {};
}

TEST(Result, TryPassesValuesOnAndErrorsUp) {
  EXPECT_EQ(doubled(4).value(), 8);
  ASSERT_FALSE(doubled(-1));
  EXPECT_EQ(doubled(-1).error().got, "-1");
  EXPECT_TRUE(both(1, 2));
  EXPECT_EQ(both(1, -2).error().got, "-2");
  EXPECT_EQ(both(0, -2).error().got, "0");
}

}  // namespace
}  // namespace hanok
