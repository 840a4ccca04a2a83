// Encodes every line of a file on one thread, says how long it took, and writes the ids for
// tools/compare_tokenizers.py.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "text/tokenizer.h"

namespace {

using namespace hanok;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

Result<Tokenizer> open_tokenizer(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return Tokenizer::from_folder(path);
  if (path.extension() == ".json") return Tokenizer::from_json(read_file(path));
  if (path.extension() == ".model") return Tokenizer::from_sentencepiece(read_file(path));
  HANOK_TRY(const GgufFile file, GgufFile::open(path));
  return Tokenizer::from_gguf(file);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Status run(const char* tokenizer_path, const char* text_path, const char* ids_path) {
  const auto load_start = std::chrono::steady_clock::now();
  HANOK_TRY(const Tokenizer tokenizer, open_tokenizer(tokenizer_path));
  const double load_s = seconds_since(load_start);
  const std::string text = read_file(text_path);
  std::vector<int32_t> all;  // for each line the number of its ids, then the ids
  size_t n_lines = 0, n_ids = 0;
  const auto start = std::chrono::steady_clock::now();
  for (std::string_view rest = text; !rest.empty(); ++n_lines) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    HANOK_TRY(const std::vector<int32_t> ids, tokenizer.encode(rest.substr(0, end)));
    all.push_back(static_cast<int32_t>(ids.size()));
    all.insert(all.end(), ids.begin(), ids.end());
    n_ids += ids.size();
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const double encode_s = seconds_since(start);
  fmt::print("{{\"load_s\": {:.3f}, \"encode_s\": {:.3f}, \"lines\": {}, \"ids\": {}, \"MB_per_s\": {:.2f}}}\n", load_s,
             encode_s, n_lines, n_ids, static_cast<double>(text.size()) / 1e6 / encode_s);
  if (ids_path == nullptr) return {};
  std::ofstream out(ids_path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(all.data()), static_cast<std::streamsize>(all.size() * sizeof(int32_t)));
  if (!out.flush()) return fail(ErrorKind::kIo, "ids cannot be written", ids_path);
  return {};
}

}  // namespace

// tokenizer_bench TOKENIZER TEXT [IDS]: TOKENIZER is a GGUF file, a folder, a tokenizer.json or a tokenizer.model.
int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "tokenizer_bench TOKENIZER TEXT [IDS]\n");
    return 2;
  }
  const Status status = run(argv[1], argv[2], argc > 3 ? argv[3] : nullptr);
  if (!status) fmt::print(stderr, "{}\n", status.error().to_string());
  return status ? 0 : 1;
}
