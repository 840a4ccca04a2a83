// What a new user does wrong, on the built program: one clear message, an exit code, nothing half-written.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scratch.h"
#include "tiny_model.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Strings = std::vector<std::string>;

// The names of everything below a folder.
Strings tree(const fs::path& folder) {
  Strings names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) names.push_back(entry.path().string());
  std::sort(names.begin(), names.end());
  return names;
}

struct Outcome {
  int exit_code;
  std::string out, err;
};

class Errors : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("hanok_errors_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "work");
    fs::create_directories(folder_ / "home");
    tiny::write_folder(folder_ / "work" / "model");
    gguf_ = tiny::gguf_bytes(&header_bytes_);
    write("model.gguf", gguf_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& bytes) const { tiny::write(folder_ / "work" / name, bytes); }

  // Runs the program in the folder "work" with these variables more; an empty value removes one.
  Outcome run(const Strings& arguments, const Strings& variables = {}, rlim_t memory_bytes = RLIM_INFINITY) const {
    const fs::path out = folder_ / "out", err = folder_ / "err";
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv("HOME", (folder_ / "home").c_str(), 1);
      ::setenv("HANOK_LANG", "en", 1);
      for (const char* name : {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "HANOK_ISA"}) ::unsetenv(name);
      for (const std::string& variable : variables) {
        const size_t at = variable.find('=');
        ::setenv(variable.substr(0, at).c_str(), variable.substr(at + 1).c_str(), 1);
        if (at + 1 == variable.size()) ::unsetenv(variable.substr(0, at).c_str());
      }
      const rlimit limit{memory_bytes, memory_bytes};
      Strings words{HANOK_BINARY};
      words.insert(words.end(), arguments.begin(), arguments.end());
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      const bool ready = ::chdir((folder_ / "work").c_str()) == 0 && std::freopen("/dev/null", "r", stdin) != nullptr &&
                         std::freopen(out.c_str(), "w", stdout) != nullptr &&
                         std::freopen(err.c_str(), "w", stderr) != nullptr && ::setrlimit(RLIMIT_AS, &limit) == 0;
      if (ready) ::execv(argv[0], argv.data());
      ::_exit(126);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), testing::read_file(out),
            testing::read_file(err)};
  }

  // One message of this headline that holds all of the parts, on standard error alone; no file comes or goes.
  void expect_error(const Strings& arguments, int exit_code, const std::string& headline, const Strings& parts,
                    const Strings& variables = {}, rlim_t memory_bytes = RLIM_INFINITY) const {
    std::string command;
    for (const std::string& word : arguments) command += " " + word.substr(0, 60);
    SCOPED_TRACE(command);
    const Strings before = tree(folder_ / "work");
    const Outcome result = run(arguments, variables, memory_bytes);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(result.err.starts_with("hanok: " + headline + ": ")) << result.err;
    EXPECT_EQ(result.err.find("hanok: ", 1), std::string::npos) << "two messages: " << result.err;
    for (const std::string& part : parts) EXPECT_THAT(result.err, HasSubstr(part));
    EXPECT_EQ(tree(folder_ / "work"), before);
  }

  fs::path folder_;
  std::string gguf_;
  size_t header_bytes_ = 0;
};

TEST_F(Errors, TheModelItselfIsWellAndAnswers) {
  for (const char* model : {"model.gguf", "model"}) {
    const Outcome result = run({"run", model, "hi", "--raw", "--max-tokens", "2"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
}

TEST_F(Errors, PathsThatAreNoModel) {
  fs::create_directory(folder_ / "work" / "empty");
  fs::create_directory(folder_ / "work" / "bare");
  write("bare/config.json", "{\"model_type\": \"llama\"}");
  ASSERT_EQ(::mkfifo((folder_ / "work" / "pipe.gguf").c_str(), 0600), 0);
  const auto refused = [&](const std::string& model, int exit_code, const std::string& headline, const Strings& parts) {
    expect_error({"run", model, "hi"}, exit_code, headline, parts);
    expect_error({"show", model}, exit_code, headline, parts);
  };
  refused("nothing.gguf", 6, "not found", {"no such file or folder", "nothing.gguf"});
  refused("./" + std::string(300, 'x'), 6, "not found", {"no such file or folder"});
  refused("no-such-model", 6, "not found", {"no such model", "no-such-model", "hanok list --all"});
  refused("./empty", 6, "not found", {"./empty", "config.json with *.safetensors", "*.gguf"});
  refused("./bare", 6, "not found", {"./bare", "*.safetensors"});
  refused("./pipe.gguf", 3, "invalid input", {"pipe.gguf", "not a regular file"});
  refused("/dev/null", 3, "invalid input", {"/dev/null", "not a regular file"});
  expect_error({"run", "", "hi"}, 3, "invalid input", {"no model named"});
}

TEST_F(Errors, FilesThatAreSomethingElse) {
  const auto refused = [&](const std::string& name, const std::string& bytes, const Strings& parts) {
    write(name, bytes);
    expect_error({"run", "./" + name, "hi"}, 4, "broken or malformed file", parts);
  };
  refused("zero.gguf", "", {"zero.gguf", "file ends", "fetch it again"});
  refused("text.gguf", "hello world", {"text.gguf", "not a GGUF file", "hello", "config.json"});
  refused("pointer.gguf", "version https://git-lfs.github.com/spec/v1\n", {"pointer.gguf", "Git LFS pointer"});
  refused("page.gguf", "<!DOCTYPE html><html>", {"page.gguf", "web page"});
  refused("model.bin", "PK\3\4 and so on", {"model.bin", "PyTorch"});
  fs::copy(folder_ / "work" / "model" / "model.safetensors", folder_ / "work" / "alone.safetensors");
  expect_error({"run", "./alone.safetensors", "hi"}, 4, "broken or malformed file", {"give the folder that holds it"});
}

TEST_F(Errors, FilesThatAreCutShort) {
  for (const size_t n_bytes : {size_t{5}, size_t{30}, header_bytes_ / 2, header_bytes_ + 100, gguf_.size() - 40}) {
    write("cut.gguf", gguf_.substr(0, n_bytes));
    expect_error({"run", "cut.gguf", "hi"}, 4, "broken or malformed file", {"cut.gguf", "expected", "fetch it again"});
  }
  const std::string weights = testing::read_file(folder_ / "work" / "model" / "model.safetensors");
  write("model/model.safetensors", weights.substr(0, weights.size() - 40));
  expect_error({"run", "model", "hi"}, 4, "broken or malformed file", {"model.safetensors", "fetch it again"});
}

TEST_F(Errors, ModelsThatThisVersionDoesNotRun) {
  std::string other = gguf_;
  const size_t at = other.find("llama", other.find("general.architecture"));
  ASSERT_NE(at, std::string::npos);
  other.replace(at, 5, "mamba");
  write("mamba.gguf", other);
  expect_error({"run", "mamba.gguf", "hi"}, 5, "not supported",
               {"unknown architecture", "mamba", "exaone4", "hanok list --families"});
  auto config = tiny::config_json();
  config["num_experts"] = 8;
  write("model/config.json", config.dump());
  expect_error({"run", "model", "hi"}, 5, "not supported", {"config.json", "num_experts", "8"});
}

TEST_F(Errors, TokenizersThatAreNotTheModels) {
  write("model/tokenizer.json", "{\"model\": ");
  expect_error({"run", "model", "hi"}, 4, "broken or malformed file", {"tokenizer.json"});
  fs::remove(folder_ / "work" / "model" / "tokenizer.json");
  expect_error({"run", "model", "hi"}, 6, "not found", {"tokenizer.json", "tokenizer.model"});
  auto tokenizer = tiny::tokenizer_json();
  for (int64_t id = tiny::kAb + 1; id < tiny::kVocab + 10; ++id) {
    tokenizer["model"]["vocab"]["word" + std::to_string(id)] = id;
  }
  tokenizer.erase("added_tokens");
  write("model/tokenizer.json", tokenizer.dump());
  expect_error({"run", "model", "hi"}, 4, "broken or malformed file",
               {"tokenizer and model disagree", "at most 264", "274 tokens", "another model"});
}

TEST_F(Errors, ContextsAndPromptsThatDoNotFit) {
  expect_error({"run", "model", "hi", "--context", "99999"}, 10, "over a limit",
               {"--context", "at most 256 tokens", "99999"});
  expect_error({"run", "model", "--raw", std::string(300, 'x')}, 10, "over a limit",
               {"prompt longer than the context", "at most 256 tokens", "shorten the text"});
}

// The measurement of the machine takes 256 MB at once.
TEST_F(Errors, MemoryThatRunsOut) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need far more address space";
#else
  expect_error({"bench", "model", "--threads", "1"}, 9, "not enough memory", {"no more memory", "--context"}, {},
               rlim_t{250} << 20);
#endif
}

// A sequence of the tiny model takes 134 MB of keys and values at this depth.
TEST_F(Errors, SequencesThatDoNotFitMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need far more address space";
#else
  auto config = tiny::config_json();
  config["max_position_embeddings"] = 1 << 20;
  write("model/config.json", config.dump());
  expect_error({"bench", "model", "-p", "0", "-n", "1", "-d", "1000000", "-s", "32", "--threads", "1"}, 9,
               "not enough memory",
               {"the keys and values are larger than memory", "tg1 @ d1000000 × 32", "4.1 GB", "fewer --sequences"}, {},
               rlim_t{2} << 30);
#endif
}

TEST_F(Errors, ValuesThatAreNotWhatTheyShouldBe) {
  expect_error({"bench", "model", "--threads", "many"}, 2, "wrong usage", {"--threads", "0 to 1024", "many"});
  expect_error({"bench", "model", "--kv", "f8"}, 2, "wrong usage", {"--kv", "f16|q8", "f8"});
  expect_error({"bench", "model", "-p", "1,x"}, 2, "wrong usage", {"--prompt", "a whole number", "x"});
  expect_error({"quantize", "model.gguf", "new.gguf", "--type", "Q9"}, 2, "wrong usage", {"--type", "Q4_K_M", "Q9"});
  expect_error({"run", "model", "hi", "--frob"}, 2, "wrong usage", {"unknown option", "--frob"});
  expect_error({"run"}, 2, "wrong usage", {"MODEL", "required"});
  expect_error({"frob"}, 2, "wrong usage", {"unknown command", "frob", "tokenize"});
  expect_error({"--frob"}, 2, "wrong usage", {"unknown option", "--frob"});
  expect_error({}, 2, "wrong usage", {"no command", "hanok --help"});
  expect_error({"tokenize", "model", "--decode", "1,2,x"}, 3, "invalid input", {"id 3", "0 to 258", "x"});
  expect_error({"perplexity", "model", "nothing.txt"}, 6, "not found", {"nothing.txt"});
  for (const char* isa : {"avx1024", "AVX2"})
    expect_error({"bench", "model"}, 3, "invalid input",
                 {"HANOK_ISA", "portable, avx2, avxvnni, avx512 or avx512bf16", isa},
                 {std::string("HANOK_ISA=") + isa});
}

TEST_F(Errors, ACacheLimitThatIsNoNumber) {
  for (const char* limit : {"many", "-1", "1.5", "20GB", "1000001", "99999999999999999999999"})
    expect_error({"cache"}, 3, "invalid input", {"HANOK_PACK_CACHE_GB", "a whole number of gigabytes", limit},
                 {std::string("HANOK_PACK_CACHE_GB=") + limit});
}

TEST_F(Errors, PlacesThatCannotBeWritten) {
  expect_error({"quantize", "model.gguf", "model.gguf"}, 11, "refused", {"model.gguf", "another path"});
  expect_error({"quantize", "model.gguf", "none/new.gguf"}, 7, "cannot read or write", {"none/new.gguf"});
  expect_error({"quantize", "model.gguf", "model"}, 3, "invalid input", {"a folder"});
  expect_error({"quantize", "model.gguf", "/dev/null", "--force"}, 3, "invalid input", {"/dev/null", "a device"});
  expect_error({"pull", "default", "--offline"}, 6, "not found", {"not on this machine", "hanok pull default"});
  expect_error({"list"}, 7, "cannot read or write", {"/dev/null", "XDG_DATA_HOME"}, {"XDG_DATA_HOME=/dev/null"});
  expect_error({"pull", "default"}, 7, "cannot read or write", {"/dev/null", "XDG_DATA_HOME"},
               {"XDG_DATA_HOME=/dev/null"});
  expect_error({"list"}, 6, "not found", {"HOME", "XDG_DATA_HOME"}, {"HOME="});
  fs::create_directories(folder_ / "home" / ".config" / "hanok");
  tiny::write(folder_ / "home" / ".config" / "hanok" / "catalogue.json", "{\"models\": [");
  expect_error({"run", "my-own-model", "hi"}, 4, "broken or malformed file", {"catalogue.json", "repair or remove"});
  const Outcome absent = run({"pull", "default", "--offline"});
  EXPECT_EQ(absent.exit_code, 6);
  EXPECT_THAT(absent.err, StartsWith("going on without your catalogue"));
  EXPECT_THAT(absent.err, HasSubstr("not on this machine"));
  for (const Strings& going_on :
       {Strings{"list"}, Strings{"list", "--all"}, Strings{"cache"}, Strings{"show", "model.gguf"}}) {
    const Outcome result = run(going_on);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("going on without your catalogue"));
  }
}

TEST_F(Errors, AsJsonWhereJsonWasAskedFor) {
  const Outcome result = run({"show", "nothing.gguf", "--json"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_EQ(result.err, "");
  const auto json = nlohmann::json::parse(result.out, nullptr, false);
  ASSERT_TRUE(json.is_object()) << result.out;
  EXPECT_EQ(json["error"]["kind"], "not_found");
  EXPECT_EQ(json["error"]["where"], "nothing.gguf");
  EXPECT_EQ(json["error"]["exit_code"], 6);
}

TEST_F(Errors, InKoreanForAKoreanUser) {
  const Outcome result = run({"show", "nothing.gguf"}, {"HANOK_LANG=ko"});
  EXPECT_THAT(result.err, HasSubstr("찾을 수 없습니다"));
  EXPECT_THAT(result.err, HasSubstr("위치: nothing.gguf"));
  const Strings commands[] = {{"show", "nothing.gguf"},
                              {"run", "no-such-model", "hi"},
                              {"pull", "default", "--offline"},
                              {"run", "model", "hi", "--context", "99999"},
                              {"run", "model", "--raw", std::string(300, 'x')},
                              {"rm", "default"},
                              {"tokenize", "model", "--file", "/dev/zero"},
                              {"run", "model", "hi", "--stop", ""},
                              {"pull", "k-exaone-236b"},
                              {"tokenize", "model", "--decode", "x"},
                              {"bench", "model", "-p", "0", "-n", "0"}};
  for (const Strings& words : commands) {
    const std::string said = run(words, {"HANOK_LANG=ko"}).err;
    EXPECT_THAT(said, HasSubstr("hanok: "));
    for (const char* english :
         {" the ", " of ", "no such", "at most", "expected", "shorten", "shows", "tokens", "a file"})
      EXPECT_THAT(said, ::testing::Not(HasSubstr(english)));
  }
}

// Bytes that are no UTF-8 are read as U+FFFD and never break the output.
TEST_F(Errors, PromptsThatAreNoText) {
  const Outcome result = run({"tokenize", "model", "a\xff\xfe", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(nlohmann::json::accept(result.out)) << result.out;
  expect_error({"show", "a\xff.gguf"}, 6, "not found", {"a\xef\xbf\xbd.gguf"});
}

}  // namespace
}  // namespace hanok
