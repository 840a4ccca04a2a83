// The command tokenize: text to ids and ids to text.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/input.h"
#include "app/options.h"
#include "app/output.h"
#include "app/pull_display.h"
#include "base/utf8.h"
#include "formats/checkpoint.h"
#include "text/tokenizer.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct TokenizeArguments {
  std::string model, text, file = "-";
  bool has_text = false;
  bool decode = false, ids_only = false, no_special = false, plain = false, json = false;
  PullOptions pull;
};

bool holds_tokenizer(const fs::path& folder) {
  std::error_code ignored;
  for (const char* name : {"tokenizer.json", "vocab.json", "tokenizer.model"})
    if (fs::exists(folder / name, ignored)) return true;
  return false;
}

// A GGUF file, a folder with one, a folder with a tokenizer's files, or a tokenizer.json itself.
Result<Tokenizer> open_tokenizer(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored) && holds_tokenizer(path)) return Tokenizer::from_folder(path);
  if (fs::is_directory(path, ignored)) {
    const auto checkpoint = Checkpoint::open(path);
    if (checkpoint && checkpoint->is_gguf()) return Tokenizer::from_gguf(checkpoint->gguf());
    return Tokenizer::from_folder(path);  // whose error says what was looked for
  }
  if (path.extension() == ".json") {
    HANOK_TRY(const std::string text, read_text(path));
    return Tokenizer::from_json(text);
  }
  HANOK_TRY(const GgufFile file, GgufFile::open(path));
  return Tokenizer::from_gguf(file);
}

// Whole numbers between spaces, commas, line ends and the brackets of a JSON list.
Result<std::vector<int32_t>> read_ids(std::string_view text, int32_t vocab_size) {
  constexpr std::string_view kBetween = " ,\t\r\n[]";
  std::vector<int32_t> ids;
  for (size_t at = 0; (at = text.find_first_not_of(kBetween, at)) != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kBetween, at), text.size());
    int32_t id = -1;
    const auto [stop, error] = std::from_chars(text.data() + at, text.data() + end, id);
    if (error != std::errc{} || stop != text.data() + end || id < 0 || id >= vocab_size) {
      return fail(ErrorKind::kInvalidInput, in_language("토큰 번호가 아닙니다", "not a token id"),
                  fmt::format(fmt::runtime(in_language("{}번째", "id {}")), ids.size() + 1),
                  fmt::format(fmt::runtime(in_language("0부터 {}까지", "0 to {}")), vocab_size - 1),
                  std::string(text.substr(at, std::min<size_t>(end - at, 40))));
    }
    ids.push_back(id);
    at = end;
  }
  return ids;
}

void write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

std::string json_text(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// {"ids": […], "pieces": […]}, written as it goes: the input may be large.
void write_json(const Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  write("{\"ids\":[");
  for (size_t i = 0; i < ids.size(); ++i) write((i == 0 ? "" : ",") + std::to_string(ids[i]));
  write("],\"pieces\":[");
  for (size_t i = 0; i < ids.size(); ++i) write((i == 0 ? "" : ",") + json_text(tokenizer.piece(ids[i])));
  write("]}\n");
}

// The bytes a token adds, on one line: control characters and what is no whole character as \n, \t, \xNN.
std::string visible(const std::string& bytes) {
  std::string out;
  for (std::string_view rest = bytes; !rest.empty();) {
    const size_t n_bytes = utf8_char_length(rest);
    const auto first = static_cast<uint8_t>(rest[0]);
    if (n_bytes > 1 || (n_bytes == 1 && first >= 0x20 && first != 0x7F && first != '\\')) {
      out += rest.substr(0, n_bytes);
    } else {
      out += first == '\n' ? "\\n" : first == '\t' ? "\\t" : first == '\\' ? "\\\\" : fmt::format("\\x{:02x}", first);
    }
    rest.remove_prefix(std::max<size_t>(1, n_bytes));
  }
  return out;
}

// For people: the id and the text it stands for; special tokens by their name.
void write_table(const Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  for (const int32_t id : ids)
    write(fmt::format("{:>7}  {}\n", id,
                      tokenizer.is_special(id) ? tokenizer.piece(id) : visible(tokenizer.token_bytes(id))));
}

void write_ids(const std::vector<int32_t>& ids) {
  for (size_t i = 0; i < ids.size(); ++i) write((i == 0 ? "" : " ") + std::to_string(ids[i]));
  write("\n");
}

Status decode(const TokenizeArguments& a, const Tokenizer& tokenizer, const std::string& input) {
  HANOK_TRY(const std::vector<int32_t> ids, read_ids(input, tokenizer.vocab_size()));
  const std::string text = tokenizer.decode(ids, a.no_special);
  if (a.json) {
    print_json({{"ids", ids}, {"text", text}});
  } else {
    write(text + "\n");
  }
  return {};
}

Status tokenize(TokenizeArguments& a) {
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ResolvedModel model, resolve_model(hub, a.model, a.pull));
  HANOK_TRY(const Tokenizer tokenizer, open_tokenizer(model.path));
  if (!a.has_text) {
    HANOK_TRY(a.text, read_text(a.file));
  }
  if (a.decode) return decode(a, tokenizer, a.text);
  HANOK_TRY(const std::vector<int32_t> ids,
            tokenizer.encode(a.text, {.add_special = !a.no_special, .parse_special = !a.plain}));
  if (a.json) {
    write_json(tokenizer, ids);
  } else if (a.ids_only) {
    write_ids(ids);
  } else {
    write_table(tokenizer, ids);
  }
  return {};
}

}  // namespace

void add_tokenize(CLI::App& app, int& exit_code) {
  const auto a = std::make_shared<TokenizeArguments>();
  CLI::App& command =
      add_command(app, "tokenize", {"글을 토큰으로, 토큰을 글로 바꿉니다", "turns text into tokens and back"},
                  {"hanok tokenize default \"안녕하세요\"\n"
                   "hanok tokenize default --file 글.txt --json\n"
                   "hanok tokenize default --decode 126246,144370",
                   "hanok tokenize default \"안녕하세요\"\n"
                   "hanok tokenize default --file text.txt --json\n"
                   "hanok tokenize default --decode 126246,144370"});
  add_positional(command, "MODEL", a->model, true,
                 {"모델, 또는 토크나이저 파일만 든 폴더", "a model, or a folder that holds a tokenizer's files alone"});
  CLI::Option* text = add_positional(command, "TEXT", a->text, false,
                                     {"글(--decode면 토큰 번호). 없으면 --file을 읽습니다",
                                      "the text (with --decode: ids); without it --file is read"});
  add_text(command, "--file", a->file, "FILE",
           {"읽을 파일. -는 표준 입력. 깨진 UTF-8은 U+FFFD로 읽습니다",
            "the file to read, - for standard input; broken UTF-8 is read as U+FFFD"})
      ->excludes(text);
  CLI::Option* decode = add_flag(
      command, "--decode", a->decode,
      {"토큰 번호를 글로 바꿉니다. 번호 사이는 쉼표나 빈칸", "turns ids, apart by commas or spaces, into text"});
  add_flag(command, "--ids", a->ids_only, {"번호만 한 줄에 씁니다", "writes the ids alone, on one line"})
      ->excludes(decode);
  add_flag(command, "--no-special", a->no_special,
           {"시작과 끝 토큰을 붙이지 않습니다. --decode면 특별 토큰을 뺍니다",
            "adds no begin and end tokens; with --decode, leaves special tokens out"});
  add_flag(command, "--plain", a->plain,
           {"글 속의 특별 토큰 이름을 보통 글로 봅니다", "special tokens written in the text are plain text"});
  add_pull(command, a->pull);
  add_json(command, a->json);
  on_run(command, exit_code, a->json, [a, text] {
    a->has_text = text->count() > 0;
    return tokenize(*a);
  });
}

}  // namespace hanok
