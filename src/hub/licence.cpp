// Keeps accepted licences in licences.json.
#include "hub/licence.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/disk.h"
#include "hub/json_reader.h"

namespace hanok {
using Json = nlohmann::ordered_json;

namespace {

Json load(const std::filesystem::path& data) {
  const auto text = read_small_file(data / "licences.json");
  if (!text) return Json::object();
  auto json = parse_json(*text, "licences.json");
  return json && json->is_object() ? std::move(*json) : Json::object();
}

Status remember(const std::filesystem::path& data, const std::string& model, const std::string& licence) {
  HANOK_RETURN_IF_ERROR(make_folders(data));
  Json json = load(data);
  json[model] = Json{{"licence", licence}, {"accepted_at", utc_now()}};
  return write_file_whole(data / "licences.json", json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace

bool licence_accepted(const std::filesystem::path& data, const std::string& model, const std::string& licence) {
  const Json json = load(data);
  const auto it = json.find(model);
  if (it == json.end() || !it->is_object() || !it->contains("licence")) return false;
  return (*it)["licence"].is_string() && (*it)["licence"].get<std::string>() == licence;
}

Status check_licence(const std::filesystem::path& data, const std::string& model,
                     const std::set<std::string>& other_names, const CatalogueLicence& licence,
                     const PullOptions& options) {
  if (!needs_acceptance(licence) || licence_accepted(data, model, licence.name)) return {};
  const auto& accepted = options.accept_licence;
  bool is_accepted = accepted.count(model) > 0 || accepted.count(licence.name) > 0;
  for (const auto& name : other_names) is_accepted = is_accepted || accepted.count(name) > 0;
  is_accepted = is_accepted || (options.ask_licence && options.ask_licence(model, licence));
  if (is_accepted) return remember(data, model, licence.name);

  const bool korean = options.language == Language::kKorean;
  const std::string& summary = korean ? licence.summary_ko : licence.summary_en;
  std::string what = licence.kind == LicenceKind::kNonCommercial
                         ? "the licence forbids commercial use and must be accepted first"
                         : "the licence has terms of its own and must be accepted first";
  if (korean) {
    what = licence.kind == LicenceKind::kNonCommercial ? "상업적 이용을 금지하는 라이선스입니다. 먼저 동의해야 합니다"
                                                       : "별도 조건이 있는 라이선스입니다. 먼저 동의해야 합니다";
  }
  std::string text = licence.name;
  if (!summary.empty()) text += ": " + summary;
  if (!licence.url.empty()) text += " <" + licence.url + ">";
  return fail(ErrorKind::kRefused, fmt::format("{} — {}", what, text), model, {}, {},
              fmt::format("hanok pull {} --accept-licence {}", model, model));
}

}  // namespace hanok
