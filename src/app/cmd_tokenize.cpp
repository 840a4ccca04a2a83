// The command tokenize: text to ids and ids to text.
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/report.h"
#include "text/tokenizer.h"

namespace hanok {
namespace {

struct TokenizeArguments {
  std::string model, text;
  std::vector<int32_t> decode;
  bool json = false;
};

Result<Tokenizer> open_tokenizer(const std::string& path) {
  if (std::filesystem::is_directory(path)) return Tokenizer::from_folder(path);
  HANOK_TRY(const GgufFile file, GgufFile::open(path));
  return Tokenizer::from_gguf(file);
}

Status tokenize(const TokenizeArguments& arguments) {
  HANOK_TRY(const Tokenizer tokenizer, open_tokenizer(arguments.model));
  if (!arguments.decode.empty()) {
    fmt::print("{}\n", tokenizer.decode(arguments.decode, false));
    return {};
  }
  std::string text = arguments.text;
  if (text.empty()) text.assign(std::istreambuf_iterator<char>(std::cin), {});
  nlohmann::ordered_json result = {{"ids", nlohmann::json::array()}, {"pieces", nlohmann::json::array()}};
  for (const int32_t id : tokenizer.encode(text)) {
    result["ids"].push_back(id);
    result["pieces"].push_back(tokenizer.piece(id));
    if (!arguments.json) fmt::print("{}\t{}\n", id, tokenizer.piece(id));
  }
  using Json = nlohmann::ordered_json;
  if (arguments.json) fmt::print("{}\n", result.dump(-1, ' ', false, Json::error_handler_t::replace));
  return {};
}

}  // namespace

void add_tokenize(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<TokenizeArguments>();
  CLI::App* command =
      app.add_subcommand("tokenize", in_language("글을 토큰으로, 토큰을 글로", "text to tokens and back"));
  command->add_option("MODEL_OR_FOLDER", arguments->model)->required();
  command->add_option("TEXT", arguments->text);
  command->add_option("--decode", arguments->decode)->delimiter(',');
  command->add_flag("--json", arguments->json);
  command->callback([arguments, &exit_code] {
    if (const Status status = tokenize(*arguments); !status) exit_code = report(status.error());
  });
}

}  // namespace hanok
