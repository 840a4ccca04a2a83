// The command search: the passages of a collection that answer a query.
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "app/collections.h"
#include "app/commands.h"
#include "app/options.h"
#include "app/output.h"
#include "app/terminal.h"
#include "base/utf8.h"
#include "documents/bytes.h"
#include "search/searcher.h"
#include "search/terms.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLinesShown = 4;  // of a passage

struct SearchArguments {
  std::string collection, query, since, until, folder;
  SearchOptions options;
  EmbedderChoice embedder;
  bool json = false;
};

// "hwp,hwpx" are two.
void add_types(std::string_view commas, std::vector<std::string>& types) {
  while (true) {
    const size_t end = std::min(commas.find(','), commas.size());
    types.emplace_back(trim(commas.substr(0, end)));
    if (end == commas.size()) return;
    commas.remove_prefix(end + 1);
  }
}

Result<SearchFilter> filter_of(const SearchArguments& a) {
  SearchFilter filter = a.options.filter;
  if (!a.since.empty()) {
    HANOK_TRY(filter.since_s, seconds_of_date("--since", a.since, 0));
  }
  if (!a.until.empty()) {
    HANOK_TRY(filter.until_s, seconds_of_date("--until", a.until, 1));
  }
  filter.types.clear();
  for (const std::string& types : a.options.filter.types) add_types(types, filter.types);
  std::error_code error;
  if (!a.folder.empty())
    filter.folder = std::filesystem::weakly_canonical(std::filesystem::absolute(a.folder), error).string();
  return filter;
}

const char* certainty_name(PageCertainty certainty) {
  return certainty == PageCertainty::kExact         ? "exact"
         : certainty == PageCertainty::kApproximate ? "approximate"
                                                    : "none";
}

Json page_json(const FoundPlace& place) {
  return place.page.number > 0 ? Json(place.page.number) : Json(nullptr);
}

Json last_page_json(const FoundPlace& place) {
  return place.page.number > 0 ? Json(place.last_page) : Json(nullptr);
}

Json leg_json(const std::optional<LegScore>& leg) {
  if (!leg) return nullptr;
  return {{"score", leg->score}, {"rank", leg->rank > 0 ? Json(leg->rank) : Json(nullptr)}};
}

Json result_json(const SearchResult& r) {
  Json also = Json::array();
  for (const FoundPlace& o : r.others)
    also.push_back(
        {{"file", o.file}, {"uri", file_uri(o.file)}, {"page", page_json(o)}, {"page_end", last_page_json(o)}});
  return {{"file", r.place.file},
          {"uri", file_uri(r.place.file)},
          {"page", page_json(r.place)},
          {"page_end", last_page_json(r.place)},
          {"page_is", certainty_name(r.place.page.certainty)},
          {"text", r.text},
          {"score", r.score},
          {"legs", {{"lexical", leg_json(r.lexical)}, {"vector", leg_json(r.vector)}}},
          {"begin", r.place.begin},
          {"end", r.place.end},
          {"title", r.place.title},
          {"heading", r.place.heading},
          {"format", r.place.format},
          {"also", also}};
}

std::string highlighted(const std::string& line, const std::string& query, bool colour) {
  if (!colour) return line;
  std::string out;
  size_t at = 0;
  for (const TextSpan span : find_query_words(line, query)) {
    out += line.substr(at, span.begin - at) + "\x1b[1;33m" + line.substr(span.begin, span.end - span.begin) + "\x1b[0m";
    at = span.end;
  }
  return out + line.substr(at);
}

// The lines of the passage that hold most of the query.
std::vector<std::string> telling_lines(const std::string& text, const std::string& query) {
  std::vector<std::string> lines;
  for (const std::string& line : wrap(printable_lines(text), terminal_columns(STDOUT_FILENO) - 4))
    if (line.find_first_not_of(" \t") != std::string::npos) lines.push_back(line);
  if (lines.size() <= kLinesShown) return lines;
  std::vector<size_t> n_found;
  for (const std::string& line : lines) {
    n_found.push_back(0);
    for (const TextSpan span : find_query_words(line, query)) n_found.back() += span.end - span.begin;
  }
  size_t best = 0, most = 0;
  for (size_t first = 0; first + kLinesShown <= lines.size(); ++first) {
    size_t n = 0;
    for (size_t i = first; i < first + kLinesShown; ++i) n += n_found[i];
    if (n > most) best = first, most = n;
  }
  return {lines.begin() + static_cast<std::ptrdiff_t>(best),
          lines.begin() + static_cast<std::ptrdiff_t>(best + kLinesShown)};
}

std::string place_text(const FoundPlace& place) {
  std::string text = printable(place.file);
  if (place.page.number <= 0) return text;
  const bool about = place.page.certainty == PageCertainty::kApproximate;
  if (place.last_page > place.page.number) {
    return text + fmt::format(fmt::runtime(about ? in_language(", {}–{}쪽쯤", ", about pages {}–{}")
                                                 : in_language(", {}–{}쪽", ", pages {}–{}")),
                              place.page.number, place.last_page);
  }
  return text + fmt::format(fmt::runtime(about ? in_language(", {}쪽쯤", ", about page {}")
                                               : in_language(", {}쪽", ", page {}")),
                            place.page.number);
}

void print_result(size_t number, const SearchResult& r, const std::string& query) {
  const bool colour = wants_colour(STDOUT_FILENO);
  fmt::print("{}{}. {}{}\n", colour ? "\x1b[1m" : "", number, place_text(r.place), colour ? "\x1b[0m" : "");
  if (!r.text.starts_with(r.place.heading)) fmt::print("    {}\n", printable(r.place.heading));
  for (const std::string& line : telling_lines(r.text, query)) fmt::print("    {}\n", highlighted(line, query, colour));
  for (const FoundPlace& other : r.others)
    fmt::print("    {} {}\n", in_language("같은 글:", "the same in"), place_text(other));
  fmt::print("\n");
}

// Why vectors take no part; empty where they do.
std::string why_lexical(const Snapshot& snapshot, const Embedder* embedder, const EmbedderChoice& choice) {
  if (choice.no_vectors) return "";
  if (embedder == nullptr) {
    return in_language("벡터 모델이 없어 낱말로만 찾았습니다. 'hanok pull embedder'로 받습니다",
                       "searched by words alone: there is no model for vectors; 'hanok pull embedder' gets one");
  }
  if (snapshot.manifest.dim == 0) {
    return in_language("이 모음에는 벡터가 없어 낱말로만 찾았습니다. 'hanok index add'를 다시 하면 더해집니다",
                       "searched by words alone: this collection has no vectors; another 'hanok index add' makes them");
  }
  return in_language("이 모음의 벡터는 다른 모델의 것이라 낱말로만 찾았습니다",
                     "searched by words alone: this collection's vectors are another model's");
}

// That some passages are found by words alone; empty where all have vectors.
std::string note_of_missing(const Snapshot& snapshot) {
  const uint64_t n = n_without_vectors(snapshot);
  if (n == 0) return "";
  return fmt::format(
      fmt::runtime(in_language(
          "대목 {}개는 아직 벡터가 없어 낱말로만 찾았습니다. 'hanok index add'를 다시 하면 더해집니다",
          "{} passages have no vectors yet and were searched by words alone; another 'hanok index add' makes them")),
      n);
}

Status search(const SearchArguments& a) {
  const std::string query = replace_invalid_utf8(a.query);
  if (query_terms(query).empty())
    return fail(ErrorKind::kInvalidInput,
                in_language("질의에 글자도 숫자도 없습니다", "the query has no letter and no digit"), "", "", query);
  HANOK_TRY(const std::filesystem::path folder, collection_folder(a.collection));
  HANOK_TRY(const Snapshot snapshot, open_snapshot(folder));
  SearchOptions options = a.options;
  HANOK_TRY(options.filter, filter_of(a));
  HANOK_TRY(const std::unique_ptr<Embedder> embedder, open_embedder(a.embedder));
  std::vector<float> vector;
  std::string note = why_lexical(snapshot, embedder.get(), a.embedder);
  if (embedder) {
    const VectorMaker maker = vector_maker(*embedder);
    if (maker.id == snapshot.manifest.embedder) {
      HANOK_TRY(vector, maker.make(std::span(&query, 1), TextRole::kQuery));
      note = note_of_missing(snapshot);
    }
  }
  ThreadPool pool(a.embedder.n_threads);
  HANOK_TRY(const KernelTable* kernels, choose_kernels());
  const Searcher searcher(snapshot, {}, pool, dot_rows_for(kernels->isa));
  HANOK_TRY(const std::vector<SearchResult> results, searcher.search(query, vector, options));
  if (a.json) {
    Json rows = Json::array();
    for (const SearchResult& r : results) rows.push_back(result_json(r));
    Json legs = Json::array({"lexical"});
    if (!vector.empty()) legs.push_back("vector");
    print_json({{"results", rows}, {"legs", legs}, {"note", note.empty() ? Json(nullptr) : Json(note)}});
    return {};
  }
  if (!note.empty()) fmt::print(stderr, "{}\n", note);
  for (size_t i = 0; i < results.size(); ++i) print_result(i + 1, results[i], query);
  if (results.empty()) fmt::print("{}\n", in_language("찾지 못했습니다", "nothing found"));
  return {};
}

}  // namespace

void add_search(CLI::App& app, int& exit_code) {
  const auto a = std::make_shared<SearchArguments>();
  CLI::App& command = add_command(
      app, "search", {"모음에서 질의에 맞는 대목을 찾습니다", "finds the passages of a collection that answer a query"},
      {"hanok search 규정 \"연차휴가는 며칠인가\"\n"
       "hanok search 규정 \"출장여비\" --type hwp --since 2025-01-01 --json",
       "hanok search rules \"how many days of leave\"\n"
       "hanok search rules \"travel costs\" --type hwp --since 2025-01-01 --json"});
  add_positional(command, "COLLECTION", a->collection, true, {"모음의 이름", "the collection's name"});
  add_positional(command, "QUERY", a->query, true, {"질의", "the query"});
  add_number(command, "-n,--results", a->options.n_results, {1, 1000}, {"보일 대목 수", "passages to show"});
  add_text(command, "--folder", a->folder, "FOLDER", {"이 폴더 아래의 파일만", "only files below this folder"});
  add_texts(command, "--type", a->options.filter.types, "TYPE",
            {"이 형식의 파일만, 여럿은 쉼표로: hwp (HWP 5와 3), hwpx, docx, pdf, md …",
             "only files of these kinds, commas between: hwp (HWP 5 and 3), hwpx, docx, pdf, md …"});
  add_text(command, "--since", a->since, "YYYY-MM-DD",
           {"이 날부터 바뀐 것만", "only what changed on this day or later"});
  add_text(command, "--until", a->until, "YYYY-MM-DD",
           {"이 날까지 바뀐 것만", "only what changed on this day or before"});
  add_embedder_options(command, a->embedder);
  add_json(command, a->json);
  on_run(command, exit_code, a->json, [a] { return search(*a); });
}

}  // namespace hanok
