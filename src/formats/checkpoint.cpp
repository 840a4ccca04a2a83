#include "formats/checkpoint.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/locale.h"
#include "formats/split_name.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kMaxJsonBytes = size_t{64} << 20;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Result<Json> read_json(const fs::path& path) {
  HANOK_TRY(const MappedFile file, MappedFile::open(path));
  if (file.bytes().size() > kMaxJsonBytes)
    return fail(ErrorKind::kLimit, "JSON file is too large", path.string(), "at most 64 MiB",
                fmt::format("{} bytes", file.bytes().size()));
  const char* text = reinterpret_cast<const char*>(file.bytes().data());
  Json json = Json::parse(text, text + file.bytes().size(), nullptr, false);
  if (!json.is_object()) return fail(ErrorKind::kCorruptFile, "not a JSON object", path.string());
  return json;
}

// The safetensors files of a folder and the tensors they must hold: those that the index names, or the only ones there.
Result<std::map<fs::path, std::vector<std::string>>> shards_of(const fs::path& folder) {
  const fs::path index_path = folder / "model.safetensors.index.json";
  std::map<fs::path, std::vector<std::string>> shards;
  if (is_there(index_path)) {
    HANOK_TRY(const Json index, read_json(index_path));
    const auto map = index.find("weight_map");
    if (map == index.end() || !map->is_object())
      return fail(ErrorKind::kCorruptFile, "missing weight_map", index_path.string());
    for (const auto& [name, file] : map->items()) {
      const fs::path relative = file.is_string() ? fs::path(file.get<std::string>()) : fs::path();
      if (relative.empty() || relative != relative.filename())
        return fail(ErrorKind::kCorruptFile, "wrong file name", index_path.string() + ": " + name,
                    "a name within the folder", file.dump());
      shards[folder / relative].push_back(name);
    }
  } else {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
      if (entry.path().extension() == ".safetensors") shards.try_emplace(entry.path());
  }
  return shards;
}

// The GGUF file of a folder that holds one model; split parts count as one.
std::vector<fs::path> gguf_paths(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const auto split = split_name(entry.path().filename().string());
    if (entry.path().extension() == ".gguf" && (!split || split->part == 1)) paths.push_back(entry.path());
  }
  return paths;
}

}  // namespace

struct Checkpoint::Documents {
  Json config = Json::object();
  Json generation_config = Json::object();
};

Checkpoint::Checkpoint() : documents_(std::make_unique<Documents>()) {}
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

const Json& Checkpoint::config() const {
  return documents_->config;
}
const Json& Checkpoint::generation_config() const {
  return documents_->generation_config;
}

Result<Checkpoint> Checkpoint::open(const fs::path& path) {
  Checkpoint checkpoint;
  checkpoint.path_ = path;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    const bool has_config = is_there(path / "config.json");
    const std::vector<fs::path> ggufs = gguf_paths(path);
    if (has_config || ggufs.size() != 1) {
      HANOK_RETURN_IF_ERROR(checkpoint.open_folder());
      return checkpoint;
    }
    checkpoint.path_ = ggufs[0];
  }
  HANOK_TRY(checkpoint.gguf_, GgufFile::open(checkpoint.path_));
  for (const GgufFile::Tensor& tensor : checkpoint.gguf_->tensors())
    HANOK_RETURN_IF_ERROR(checkpoint.add_tensor(tensor.name, tensor.view));
  return checkpoint;
}

Status Checkpoint::open_folder() {
  if (!is_there(path_ / "config.json")) {
    std::error_code error;
    if (fs::directory_iterator(path_, error); error)
      return fail(ErrorKind::kIo, in_language("폴더를 읽을 수 없습니다", "cannot read the folder"), path_.string(), "",
                  error.message());
    return fail(
        ErrorKind::kNotFound, in_language("폴더에 모델이 없습니다", "folder holds no model"), path_.string(),
        in_language("config.json과 *.safetensors, 또는 *.gguf 하나", "config.json with *.safetensors, or one *.gguf"),
        in_language("어느 것도 없음", "neither"));
  }
  HANOK_TRY(documents_->config, read_json(path_ / "config.json"));
  if (is_there(path_ / "generation_config.json")) {
    HANOK_TRY(documents_->generation_config, read_json(path_ / "generation_config.json"));
  }
  HANOK_TRY(const auto shards, shards_of(path_));
  if (shards.empty())
    return fail(ErrorKind::kNotFound, in_language("폴더에 가중치가 없습니다", "folder holds no weights"),
                path_.string(), "*.safetensors", in_language("없음", "none"));
  for (const auto& [shard, expected] : shards) {
    HANOK_TRY(SafetensorsFile file, SafetensorsFile::open(shard));
    std::set<std::string_view> names;
    for (const SafetensorsFile::Tensor& tensor : file.tensors) {
      HANOK_RETURN_IF_ERROR(add_tensor(tensor.name, tensor.view));
      names.insert(tensor.name);
    }
    for (const std::string& name : expected)
      if (!names.contains(name))
        return fail(ErrorKind::kCorruptFile, "tensor is not in the file that the index names", shard.string(), name,
                    "nothing", "the folder's files do not belong together; fetch them again");
    shards_.push_back(std::move(file));
  }
  return {};
}

Status Checkpoint::add_tensor(const std::string& name, const TensorView& view) {
  if (tensors_.emplace(name, view).second) return {};
  return fail(ErrorKind::kCorruptFile, "two tensors have one name", path_.string() + ": " + name);
}

const TensorView* Checkpoint::find(std::string_view name) const {
  const auto it = tensors_.find(name);
  return it == tensors_.end() ? nullptr : &it->second;
}

std::vector<std::string> Checkpoint::names() const {
  std::vector<std::string> names;
  for (const auto& [name, view] : tensors_) names.push_back(name);
  return names;
}

uint64_t Checkpoint::weights_bytes() const {
  uint64_t total = 0;
  for (const auto& [name, view] : tensors_) total += view.n_bytes();
  return total;
}

std::vector<const MappedFile*> Checkpoint::weight_files() const {
  std::vector<const MappedFile*> files;
  if (gguf_)
    for (const MappedFile& part : gguf_->parts()) files.push_back(&part);
  for (const SafetensorsFile& shard : shards_) files.push_back(&shard.file);
  return files;
}

void Checkpoint::release(std::span<const std::byte> bytes) const {
  if (gguf_) return gguf_->release(bytes);
  for (const SafetensorsFile& shard : shards_) {
    const std::byte* begin = shard.file.bytes().data();
    if (bytes.data() >= begin && bytes.data() < begin + shard.file.bytes().size())
      shard.file.release(static_cast<size_t>(bytes.data() - begin), bytes.size());
  }
}

}  // namespace hanok
