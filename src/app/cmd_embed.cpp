// The command embed: texts to vectors, or to the cosines between them.
#include <algorithm>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/loading.h"
#include "app/options.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/pull_display.h"
#include "app/report.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "app/text_file.h"
#include "engine/embedder.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostInTable = 40;  // texts whose cosines are shown all with all

struct EmbedArguments {
  std::string model, lines = "-";
  std::vector<std::string> texts, files;
  bool query = false, passage = false, plain = false, vectors = false, json = false;
  EngineOptions engine;
  PullOptions pull;

  TextRole role() const { return query ? TextRole::kQuery : plain ? TextRole::kPlain : TextRole::kPassage; }
};

// The lines of a text that hold more than white space.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (const std::string line = text.substr(at, end - at); line.find_first_not_of(" \t\r") != std::string::npos)
      lines.push_back(line);
    at = end + 1;
  }
  return lines;
}

Result<std::vector<std::string>> read_texts(const EmbedArguments& a) {
  std::vector<std::string> texts = a.texts;
  for (const std::string& file : a.files) {
    HANOK_TRY(texts.emplace_back(), read_text_file(file));
  }
  if (texts.empty()) {
    HANOK_TRY(const std::string text, read_text_file(a.lines));
    texts = lines_of(text);
  }
  if (!texts.empty()) return texts;
  return fail(ErrorKind::kInvalidInput, in_language("글이 없습니다", "no text"), a.lines,
              in_language("한 줄에 글 하나", "one text a line"), in_language("빈 입력", "nothing"));
}

Result<Embeddings> compute(Embedder& embedder, const std::vector<std::string>& texts, TextRole role) {
  const InterruptScope interrupt;
  Progress progress(Progress::Unit::kSteps);
  auto embeddings = embedder.embed(texts, role, [&](size_t n_done) {
    if (texts.size() > kMostInTable) progress.show(in_language("벡터로 바꾸는 중", "embedding"), n_done, texts.size());
    return !interrupt.interrupted();
  });
  progress.erase();
  return embeddings;
}

// Says on standard error which texts were cut.
void note_cuts(const Embeddings& embeddings, int64_t max_tokens) {
  const auto is_cut = [](const EmbeddedText& text) { return text.n_left_out > 0; };
  const auto n_cut = std::count_if(embeddings.texts.begin(), embeddings.texts.end(), is_cut);
  if (n_cut == 0) return;
  const auto first = std::find_if(embeddings.texts.begin(), embeddings.texts.end(), is_cut);
  fmt::print(stderr,
             fmt::runtime(in_language(
                 "모델의 최대 {}토큰에서 자른 글: {}개 (처음은 {}번째, {}토큰이 빠짐)\n",
                 "texts cut at the model's maximum of {} tokens: {} (first: text {}, {} tokens left out)\n")),
             max_tokens, n_cut, first - embeddings.texts.begin() + 1, first->n_left_out);
}

void print_result(const Embedder& embedder, const EmbedArguments& a, const Embeddings& embeddings) {
  Json rows = Json::array();
  for (size_t i = 0; i < embeddings.texts.size(); ++i) {
    const auto vector = embeddings.vector(i);
    rows.push_back({{"n_tokens", embeddings.texts[i].n_tokens},
                    {"n_left_out", embeddings.texts[i].n_left_out},
                    {"vector", std::vector<float>(vector.begin(), vector.end())}});
  }
  print_json({{"model", embedder.info().name},
              {"dim", embeddings.dim},
              {"prefix", embedder.prefix(a.role())},
              {"max_tokens", embedder.max_tokens()},
              {"embeddings", rows}});
}

void print_vectors(const Embeddings& embeddings) {
  for (size_t i = 0; i < embeddings.texts.size(); ++i) {
    const auto vector = embeddings.vector(i);
    fmt::print("{}\n", fmt::join(vector.begin(), vector.end(), " "));
  }
}

// The cosine of each text with each, to the left of the text's beginning.
void print_table(const std::vector<std::string>& texts, const Embeddings& embeddings) {
  std::vector<Table::Column> columns{{"", true}};
  for (size_t i = 0; i < texts.size(); ++i) columns.push_back({fmt::format("{}", i + 1), true});
  columns.push_back({in_language("글", "TEXT")});
  Table table(columns);
  for (size_t i = 0; i < texts.size(); ++i) {
    std::vector<std::string> cells{fmt::format("{}", i + 1)};
    for (size_t j = 0; j < texts.size(); ++j)
      cells.push_back(fmt::format("{:.3f}", cosine(embeddings.vector(i), embeddings.vector(j))));
    cells.push_back(printable(display_prefix(texts[i], 60)));
    table.add(std::move(cells));
  }
  const std::string text = table.to_string(stdout_is_terminal() ? terminal_columns(STDOUT_FILENO) : std::string::npos);
  fmt::print("{}", text);
}

Status embed(const EmbedArguments& a) {
  HANOK_TRY(const std::vector<std::string> texts, read_texts(a));
  if (!a.json && !a.vectors && texts.size() > kMostInTable)
    return fail(ErrorKind::kLimit, in_language("표로 보이기에는 글이 많습니다", "too many texts for a table"),
                a.files.empty() ? a.lines : a.files.front(),
                fmt::format(fmt::runtime(in_language("최대 {}개", "at most {}")), kMostInTable),
                fmt::format("{}", texts.size()), "--vectors, --json");
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ResolvedModel model, resolve_model(hub, a.model, a.pull));
  HANOK_TRY(const std::unique_ptr<Embedder> embedder, load_embedder(model.path, {.n_threads = a.engine.n_threads}));
  HANOK_TRY(const Embeddings embeddings, compute(*embedder, texts, a.role()));
  if (a.json) {
    print_result(*embedder, a, embeddings);
    return {};
  }
  note_cuts(embeddings, embedder->max_tokens());
  if (a.vectors) {
    print_vectors(embeddings);
  } else {
    print_table(texts, embeddings);
  }
  return {};
}

}  // namespace

void add_embed(CLI::App& app, int& exit_code) {
  const auto a = std::make_shared<EmbedArguments>();
  CLI::App& command = add_command(
      app, "embed",
      {"글을 벡터로 바꾸고 얼마나 가까운지 보입니다", "turns texts into vectors and shows how near they are"},
      {"hanok embed embedder \"수도는 서울이다\" \"서울은 대한민국의 수도\" \"오늘은 비가 온다\"\n"
       "hanok embed embedder --lines 글.txt --vectors\n"
       "hanok embed embedder --query --json \"공휴일은 언제인가\"",
       "hanok embed embedder \"Seoul is the capital\" \"the capital of Korea\" \"it rains today\"\n"
       "hanok embed embedder --lines texts.txt --vectors\n"
       "hanok embed embedder --query --json \"when are the holidays\""});
  add_model(command, a->model);
  command.add_option("TEXT", a->texts)
      ->type_name("")
      ->description(Words{"글. 없으면 --lines를 읽습니다", "the texts; without any --lines is read"}.text());
  add_text(command, "--lines", a->lines, "FILE",
           {"한 줄에 글 하나인 파일. -는 표준 입력", "a file with one text a line, - for standard input"});
  add_texts(command, "--file", a->files, "FILE",
            {"전체가 글 하나인 파일. 여러 번 줄 수 있습니다", "a file that is one text; may be given several times"});
  CLI::Option* query = add_flag(command, "--query", a->query, {"글은 질의입니다", "the texts are queries"});
  CLI::Option* passage = add_flag(command, "--passage", a->passage,
                                  {"글은 찾을 글입니다 (기본)", "the texts are passages to be found (the default)"});
  add_flag(command, "--plain", a->plain,
           {"모델의 접두어를 붙이지 않습니다", "writes no prefix of the model's before a text"})
      ->excludes(query)
      ->excludes(passage);
  query->excludes(passage);
  add_flag(command, "--vectors", a->vectors,
           {"표 대신 벡터를 한 줄에 하나씩 씁니다", "writes the vectors, one a line, instead of the table"});
  add_threads(command, a->engine);
  add_pull(command, a->pull);
  add_json(command, a->json);
  on_run(command, exit_code, a->json, [a] { return embed(*a); });
}

}  // namespace hanok
