// Wrong input for every command: one message that says what is wrong and where, and the exit code of its kind.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/chat_model.h"
#include "app/program.h"

namespace hanok::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Json = nlohmann::ordered_json;

constexpr int kUsage = 2, kInvalid = 3, kCorrupt = 4, kUnsupported = 5, kMissing = 6, kIo = 7, kLimit = 10,
              kRefused = 11;

struct Wrong {
  std::vector<std::string> arguments;  // MODEL, TEXT and DIR stand for what the test makes
  int exit_code;
  const char* said;  // a part of the message
};

class WrongInput : public ::testing::Test {
 protected:
  void SetUp() override {
    write_chat_model(scratch_ / "model");
    write_file(scratch_ / "text.txt", "한 문단의 글");
    write_file(scratch_ / "empty.txt", " \n");
    write_file(scratch_ / "huge.txt", "x");
    std::filesystem::resize_file(scratch_ / "huge.txt", uint64_t{1} << 40);  // a hole: takes no room
    write_file(scratch_ / "binary.txt", std::string("a\0b", 3));
    write_file(scratch_ / "broken.txt", "\xff\xff\xff\x80 \xc0");
    write_file(scratch_ / "broken.gguf", std::string("GGUF\3\0\0\0", 8));
    write_file(scratch_ / "some.pdf", "%PDF-1.7 \xe2\xe3\xcf\xd3");
  }
  std::vector<std::string> filled_in(std::vector<std::string> arguments) const {
    for (std::string& argument : arguments) {
      if (argument == "MODEL") argument = (scratch_ / "model").string();
      if (argument.starts_with("DIR/")) argument = (scratch_ / argument.substr(4)).string();
    }
    return arguments;
  }
  static bool has(const std::vector<std::string>& arguments, const char* name) {
    return std::find(arguments.begin(), arguments.end(), name) != arguments.end();
  }
  Scratch scratch_;
};

const std::vector<Wrong>& wrong_inputs() {
  static const std::vector<Wrong> all = {
      {{}, kUsage, "no command"},
      {{"rnu"}, kUsage, "did you mean run?"},
      {{"run"}, kUsage, "MODEL"},
      {{"run", "MODEL", "?", "--nothing"}, kUsage, "--nothing"},
      {{"run", "MODEL", "?", "--temprature", "1"}, kUsage, "did you mean --temperature?"},
      {{"run", "MODEL", "?", "--temperature", "hot"}, kUsage, "--temperature"},
      {{"run", "MODEL", "?", "--top-p", "1.5"}, kUsage, "0 to 1"},
      {{"run", "MODEL", "?", "--kv", "q3"}, kUsage, "f16|q8"},
      {{"run", "MODEL", "?", "--think", "loud"}, kUsage, "auto|show|hide|off"},
      {{"run", "MODEL", "?", "--precision", "f64"}, kUsage, "int8|f32"},
      {{"run", "MODEL", "?", "--logit-bias", "7"}, kUsage, "--logit-bias"},
      {{"run", "MODEL", "?", "--raw", "--system", "x"}, kUsage, "--system"},
      {{"run", "MODEL", "?", "--stop", ""}, kUsage, "--stop"},
      {{"run", "MODEL", "?", "--stop=", "--max-tokens", "3"}, kUsage, "--stop"},
      {{"run", "MODEL", "?", "--file", ""}, kMissing, "\"\""},
      {{"run", "MODEL", "?", "--file", "/dev/zero"}, kInvalid, "a device"},
      {{"tokenize", "MODEL", "--file", "/dev/zero"}, kInvalid, "a device"},
      {{"perplexity", "MODEL", "/dev/zero"}, kInvalid, "a device"},
      {{"run", "MODEL", "?", "--file", "DIR/huge.txt"}, kLimit, "at most 256.0 MB"},
      {{"bench", "MODEL", "-p", "0", "-n", "0"}, kUsage, "--generate"},
      {{"run", "MODEL", "?", "--json", "--interactive"}, kUsage, "--interactive"},
      {{"run", "MODEL", "?", "--logit-bias", "99999=1"}, kInvalid, "outside the vocabulary"},
      {{"run", "MODEL", "?", "--context", "99999"}, kLimit, "4096"},
      {{"run", "MODEL"}, kInvalid, "the prompt is empty"},
      {{"run", "MODEL", "?", "--file", "DIR/nothing.txt"}, kMissing, "nothing.txt"},
      {{"run", "MODEL", "?", "--file", "DIR/"}, kInvalid, "a folder"},
      {{"run", "MODEL", "?", "--file", "DIR/empty.txt"}, kInvalid, "no text"},
      {{"run", "MODEL", "?", "--file", "DIR/binary.txt"}, kInvalid, "0x00 at byte 1"},
      {{"run", "MODEL", "?", "--file", "DIR/broken.txt"}, kInvalid, "0xff at byte 0"},
      {{"run", "MODEL", "?", "--file", "DIR/some.pdf"}, kInvalid, "PDF"},
      {{"run", "DIR/nowhere", "?"}, kMissing, "nowhere"},
      {{"run", "no-such-model", "?"}, kMissing, "no-such-model"},
      {{"run", "default", "?", "--offline"}, kMissing, "hanok pull"},
      {{"run", "exaone-4.0-1.2b", "?", "--offline"}, kMissing, "exaone-4.0-1.2b"},
      {{"run", "DIR/broken.gguf", "?"}, kCorrupt, "broken.gguf"},
      {{"run", "DIR/text.txt", "?"}, kCorrupt, "text.txt"},
      {{"pull"}, kUsage, "MODEL"},
      {{"pull", "no-such-model"}, kMissing, "no-such-model"},
      {{"pull", "hf:"}, kInvalid, "hf:"},
      {{"pull", "pypi:"}, kInvalid, "pypi:"},
      {{"run", "k-exaone-236b", "?"}, kUnsupported, "hanok list --all"},
      {{"pull", "k-exaone-236b"}, kUnsupported, "--force"},
      {{"pull", "exaone-4.0-1.2b"}, kRefused, "--accept-licence"},
      {{"pull", "default", "--offline"}, kMissing, "not on this machine"},
      {{"list", "extra"}, kUsage, "extra"},
      {{"show"}, kUsage, "MODEL"},
      {{"show", "no-such-model"}, kMissing, "no-such-model"},
      {{"show", "DIR/broken.gguf"}, kCorrupt, "broken.gguf"},
      {{"show", "MODEL", "--context", "99999"}, kLimit, "4096"},
      {{"show", "default", "--template"}, kMissing, "hanok pull default"},
      {{"show", "MODEL", "--verify"}, kMissing, "checksum"},
      {{"rm"}, kUsage, "MODEL"},
      {{"rm", "default"}, kMissing, "hanok list"},
      {{"cache", "burn"}, kUsage, "show, clean"},
      {{"tokenize"}, kUsage, "MODEL"},
      {{"tokenize", "DIR/", "가"}, kMissing, "tokenizer.json"},
      {{"tokenize", "MODEL", "--decode", "9999999"}, kInvalid, "id 1"},
      {{"tokenize", "MODEL", "--decode", "1,x"}, kInvalid, "id 2"},
      {{"tokenize", "MODEL", "가", "--file", "DIR/text.txt"}, kUsage, "--file"},
      {{"tokenize", "MODEL", "--file", "DIR/nothing.txt"}, kMissing, "nothing.txt"},
      {{"quantize", "MODEL"}, kUsage, "OUT"},
      {{"quantize", "MODEL", "DIR/out.gguf", "--type", "Q9_9"}, kUsage, "Q4_K_M"},
      {{"quantize", "DIR/nowhere", "DIR/out.gguf"}, kMissing, "nowhere"},
      {{"quantize", "DIR/broken.gguf", "DIR/out.gguf"}, kCorrupt, "broken.gguf"},
      {{"perplexity", "MODEL"}, kUsage, "FILE"},
      {{"perplexity", "MODEL", "DIR/nothing.txt"}, kMissing, "nothing.txt"},
      {{"perplexity", "MODEL", "DIR/text.txt", "--context", "5"}, kInvalid, "--context"},
      {{"perplexity", "MODEL", "DIR/text.txt", "--context", "512"}, kInvalid, "tokens"},
      {{"bench"}, kUsage, "MODEL"},
      {{"bench", "MODEL", "--prompt", "many"}, kUsage, "--prompt"},
      {{"bench", "MODEL", "--prompt", "9999"}, kLimit, "4096"},
      {{"bench", "DIR/nowhere"}, kMissing, "nowhere"},
  };
  return all;
}

TEST_F(WrongInput, GivesOneMessageAndTheExitCodeOfItsKind) {
  for (const Wrong& wrong : wrong_inputs()) {
    const auto arguments = filled_in(wrong.arguments);
    if (has(arguments, "--json")) continue;
    const Outcome outcome = run_program(arguments, environment(scratch_.path()));
    SCOPED_TRACE(::testing::PrintToString(wrong.arguments));
    EXPECT_EQ(outcome.exit_code, wrong.exit_code);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, StartsWith("hanok: "));
    EXPECT_THAT(outcome.err, HasSubstr(wrong.said));
    const auto first = outcome.err.find("hanok: ");
    EXPECT_EQ(outcome.err.find("\nhanok: ", first + 1), std::string::npos) << "one message: " << outcome.err;
  }
}

TEST_F(WrongInput, IsOneJsonDocumentWithJson) {
  for (const Wrong& wrong : wrong_inputs()) {
    auto arguments = filled_in(wrong.arguments);
    if (arguments.empty() || has(arguments, "--template")) continue;
    if (!has(arguments, "--json")) arguments.push_back("--json");
    const Outcome outcome = run_program(arguments, environment(scratch_.path()));
    SCOPED_TRACE(::testing::PrintToString(wrong.arguments));
    EXPECT_EQ(outcome.exit_code, wrong.exit_code);
    EXPECT_THAT(outcome.err, IsEmpty());
    const Json json = Json::parse(outcome.out, nullptr, false);
    ASSERT_TRUE(json.is_object() && json.contains("error")) << outcome.out;
    EXPECT_EQ(json["error"]["exit_code"], wrong.exit_code);
    EXPECT_NE(json["error"]["message"], "");
  }
}

TEST_F(WrongInput, AnEmptyValueIsRefusedBeforeTheModelIsLookedFor) {
  const auto run = [&](const std::vector<std::string>& more) {
    return run_program(joined({"run", (scratch_ / "nowhere").string(), "?"}, more), environment(scratch_.path()));
  };
  for (const char* name : {"--temperature",
                           "--top-k",
                           "--top-p",
                           "--min-p",
                           "--typical",
                           "--repetition-penalty",
                           "--presence-penalty",
                           "--frequency-penalty",
                           "--penalty-last-n",
                           "--dry-multiplier",
                           "--dry-base",
                           "--dry-allowed-length",
                           "--seed",
                           "--max-tokens",
                           "--stop",
                           "--logit-bias",
                           "--threads",
                           "--context",
                           "--kv",
                           "--precision",
                           "--think"}) {
    for (const Outcome& outcome : {run({name, ""}), run({std::string(name) + "=", "--raw"})}) {
      EXPECT_EQ(outcome.exit_code, kUsage) << name << outcome.err;
      EXPECT_THAT(outcome.err, HasSubstr(name));
      EXPECT_THAT(outcome.err, HasSubstr("\"\"")) << "says that the value is empty";
    }
  }
}

TEST_F(WrongInput, StandardInputWithoutEndIsCutOff) {
  const Outcome outcome = run_program({"tokenize", (scratch_ / "model").string(), "--file", "-"},
                                      environment(scratch_.path()), "", "out", "/dev/zero");
  EXPECT_EQ(outcome.exit_code, kLimit);
  EXPECT_THAT(outcome.err, HasSubstr("256.0 MB"));
}

TEST_F(WrongInput, LeavesNothingHalfWritten) {
  const auto arguments = filled_in({"quantize", "DIR/broken.gguf", "DIR/out.gguf"});
  EXPECT_NE(run_program(arguments, environment(scratch_.path())).exit_code, 0);
  for (const auto& entry : std::filesystem::directory_iterator(scratch_.path()))
    EXPECT_EQ(entry.path().filename().string().find("out.gguf"), std::string::npos) << entry.path();
}

}  // namespace
}  // namespace hanok::testing
