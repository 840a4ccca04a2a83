// Continues token ids greedily and writes the two likeliest tokens of every step: for tools/compare_greedy.py.
//   greedy MODEL int8|f32 < prompts.json       {"n": 48, "prompts": [[id, …], …]}
// Standard output: [{"ids": […], "top": [[[id, logit], [id, logit]], …]}, …]
#include <iostream>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/session.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

Json top_two(std::span<const float> logits) {
  size_t first = logits[1] > logits[0] ? 1 : 0, second = 1 - first;
  for (size_t i = 2; i < logits.size(); ++i) {
    if (logits[i] > logits[first]) {
      second = std::exchange(first, i);
    } else if (logits[i] > logits[second]) {
      second = i;
    }
  }
  return Json::array({Json::array({first, logits[first]}), Json::array({second, logits[second]})});
}

Result<Json> continue_greedily(Engine& engine, std::vector<int32_t> feed, int64_t n) {
  Session session(engine);
  Json ids = Json::array(), top = Json::array();
  for (int64_t i = 0; i < n; ++i) {
    HANOK_TRY(const std::vector<float> logits, session.logits(feed, false));
    top.push_back(top_two(logits));
    feed = {top.back()[0][0].get<int32_t>()};
    ids.push_back(feed[0]);
    if (engine.ends_generation(feed[0])) break;
  }
  return Json{{"ids", ids}, {"top", top}};
}

Status run(const char* model, std::string_view precision) {
  const Json request = Json::parse(std::cin);
  EngineOptions options;
  options.precision = precision == "f32" ? Precision::kF32 : Precision::kInt8;
  if (precision == "f32") options.kv = KvType::kF32;
  options.context = 1024;
  HANOK_TRY(const std::unique_ptr<Engine> engine, Engine::load(model, options));
  Json results = Json::array();
  for (const Json& prompt : request["prompts"]) {
    HANOK_TRY(Json result, continue_greedily(*engine, prompt.get<std::vector<int32_t>>(), request["n"].get<int64_t>()));
    results.push_back(std::move(result));
    std::cerr << '.' << std::flush;
  }
  std::cerr << '\n';
  std::cout << results << '\n';
  return {};
}

}  // namespace
}  // namespace hanok

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const hanok::Status status = hanok::run(argv[1], argv[2]);
  if (!status) std::cerr << status.error().to_string() << '\n';
  return status ? 0 : 1;
}
