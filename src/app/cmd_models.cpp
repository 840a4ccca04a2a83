// The commands pull, list and rm.
#include <memory>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/report.h"
#include "hub/hub.h"

namespace hanok {
namespace {

struct ModelArguments {
  std::string model;
  bool json = false;
  PullOptions pull;
};

Status pull(const ModelArguments& arguments) {
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ResolvedModel model, hub.resolve(arguments.model, arguments.pull));
  fmt::print("{}\n", model.path.string());
  return {};
}

Status list(const ModelArguments& arguments) {
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const std::vector<StoredModel> models, hub.list());
  auto rows = nlohmann::ordered_json::array();
  for (const StoredModel& model : models) {
    rows.push_back({{"name", model.name},
                    {"path", model.path.string()},
                    {"licence", model.licence},
                    {"origin", model.origin},
                    {"bytes", model.n_bytes}});
    if (!arguments.json) fmt::print("{}\t{}\t{}\n", model.name, model.n_bytes, model.licence);
  }
  if (arguments.json) fmt::print("{}\n", rows.dump());
  return {};
}

Status remove(const ModelArguments& arguments) {
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const uint64_t n_bytes, hub.remove(arguments.model));
  fmt::print("{} {}\n", n_bytes, in_language("바이트를 비웠습니다", "bytes freed"));
  return {};
}

}  // namespace

void add_models(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<ModelArguments>();
  arguments->pull.on_note = [](const std::string& note) { fmt::print(stderr, "{}\n", note); };
  const auto run = [arguments, &exit_code](Status (*command)(const ModelArguments&)) {
    return [arguments, &exit_code, command] {
      if (const Status status = command(*arguments); !status) exit_code = report(status.error());
    };
  };
  CLI::App* pull_app = app.add_subcommand("pull", in_language("모델을 받습니다", "gets a model"));
  pull_app->add_option("MODEL", arguments->model)->required();
  pull_app->add_option("--accept-licence", arguments->pull.accept_licence)->allow_extra_args(false);
  pull_app->add_flag("--offline", arguments->pull.offline);
  pull_app->callback(run(pull));
  CLI::App* list_app = app.add_subcommand("list", in_language("가진 모델을 보입니다", "lists the models here"));
  list_app->add_flag("--json", arguments->json);
  list_app->callback(run(list));
  CLI::App* remove_app = app.add_subcommand("rm", in_language("모델을 지웁니다", "removes a model"));
  remove_app->add_option("MODEL", arguments->model)->required();
  remove_app->callback(run(remove));
}

}  // namespace hanok
