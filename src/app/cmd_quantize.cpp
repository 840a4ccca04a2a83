// The command quantize: writes a model as a GGUF file of another type and shows what each tensor lost.
#include <memory>

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/options.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/pull_display.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "base/disk.h"
#include "convert/quantize_model.h"
#include "hub/hub.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

struct QuantizeArguments {
  std::string model, out;
  const FileType* type = find_file_type("Q4_K_M");
  bool force = false, json = false;
  PullOptions pull;
  EngineOptions engine;
};

void print_table(const QuantizeReport& report) {
  Table table({{in_language("텐서", "TENSOR")},
               {in_language("모양", "SHAPE")},
               {in_language("전", "FROM")},
               {in_language("후", "TO")},
               {in_language("크기", "SIZE"), true},
               {in_language("왜곡 (%)", "DISTORTION (%)"), true}});
  uint64_t from_bytes = 0;
  for (const QuantizedTensor& t : report.tensors) {
    from_bytes += t.from_bytes;
    table.add({t.name, t.shape.to_string(), std::string(dtype_name(t.from)), std::string(dtype_name(t.to)),
               human_bytes(t.to_bytes), t.distortion > 0 ? fmt::format("{:.4f}", 100 * t.distortion) : "-"});
  }
  fmt::print("{}", table.to_string(stdout_is_terminal() ? terminal_columns(STDOUT_FILENO) : std::string::npos));
  fmt::print("{}: {} → {}\n", in_language("합계", "total"), human_bytes(from_bytes), human_bytes(report.file_bytes));
}

Json report_json(const QuantizeReport& report, const std::string& type, const std::string& out) {
  Json tensors = Json::array();
  for (const QuantizedTensor& tensor : report.tensors) {
    Json shape = Json::array();
    for (int i = 0; i < tensor.shape.rank; ++i) shape.push_back(tensor.shape[i]);
    tensors.push_back({{"name", tensor.name},
                       {"shape", std::move(shape)},
                       {"from", dtype_name(tensor.from)},
                       {"to", dtype_name(tensor.to)},
                       {"from_bytes", tensor.from_bytes},
                       {"to_bytes", tensor.to_bytes},
                       {"distortion", tensor.distortion}});
  }
  return {{"path", out},
          {"type", type},
          {"bytes", report.file_bytes},
          {"notes", report.notes},
          {"tensors", std::move(tensors)}};
}

Status quantize(const QuantizeArguments& a) {
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ResolvedModel model, resolve_model(hub, a.model, a.pull));
  HANOK_TRY(const Checkpoint checkpoint, Checkpoint::open(model.path));
  HANOK_TRY(const KernelTable* kernels, choose_kernels());
  ThreadPool pool(a.engine.n_threads);
  Progress bar(Progress::Unit::kBytes);
  const InterruptScope scope;
  QuantizeOptions options;
  options.type = a.type;
  options.overwrite = a.force;
  options.progress = [&](uint64_t done, uint64_t total, const std::string& name) {
    bar.show(a.type->name, done, total, name);
    return !scope.interrupted();
  };
  HANOK_TRY(const QuantizeReport report, quantize_model(checkpoint, a.out, {pool, *kernels}, options));
  bar.finish();
  if (a.json) {
    print_json(report_json(report, std::string(a.type->name), a.out));
    return {};
  }
  print_table(report);
  for (const std::string& note : report.notes) fmt::print("{}\n", note);
  fmt::print("{}\n", a.out);
  return {};
}

}  // namespace

void add_quantize(CLI::App& app, int& exit_code) {
  auto a = std::make_shared<QuantizeArguments>();
  CLI::App& command =
      add_command(app, "quantize",
                  {"모델을 더 작은 GGUF 파일로 쓰고, 텐서마다 잃은 만큼을 보입니다",
                   "writes a model as a smaller GGUF file and shows what each tensor lost"},
                  {"hanok quantize ./Kanana-1.5-2.1B kanana-q4.gguf\nhanok quantize default small.gguf --type Q4_0",
                   "hanok quantize ./Kanana-1.5-2.1B kanana-q4.gguf\nhanok quantize default small.gguf --type Q4_0"});
  add_model(command, a->model);
  add_positional(command, "OUT", a->out, true, {"새 파일의 경로", "path of the new file"});
  std::vector<std::pair<std::string, const FileType*>> types;
  for (const FileType& type : file_types()) types.emplace_back(type.name, &type);
  add_choice(command, "--type", a->type, types, {"새 파일의 형식", "type of the new file"});
  add_flag(command, "--force", a->force, {"있는 파일을 갈아 씁니다", "replaces a file that is there"});
  add_json(command, a->json);
  add_threads(command, a->engine);
  add_pull(command, a->pull);
  on_run(command, exit_code, a->json, [a] { return quantize(*a); });
}

}  // namespace hanok
