// The command show: what a model is, and what it takes.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/model_facts.h"
#include "app/options.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/pull_display.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "base/disk.h"
#include "base/sha256.h"
#include "text/chat_template.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

struct ShowArguments {
  std::string model;
  MemoryQuestion memory;
  bool json = false, only_template = false, verify = false;
};

// A labelled line, wrapped beside its label; without a value nothing is printed.
void line(const Words& label, const std::string& value) {
  constexpr size_t kLabelColumns = 14;
  if (value.empty()) return;
  std::string before = pad(label.text(), kLabelColumns);
  const size_t n_columns = stdout_is_terminal() ? terminal_columns(STDOUT_FILENO) : std::string::npos;
  for (const std::string& part : wrap(printable(value), std::max<size_t>(n_columns, 40) - kLabelColumns)) {
    fmt::print("{}{}\n", before, part);
    before = std::string(kLabelColumns, ' ');
  }
}

std::string count(uint64_t n) {
  if (n >= 1'000'000'000) return fmt::format("{:.2f} B", static_cast<double>(n) / 1e9);
  if (n >= 1'000'000) return fmt::format("{:.1f} M", static_cast<double>(n) / 1e6);
  return fmt::format("{}", n);
}

void print_origin(const Json& facts) {
  line({"이름", "name"}, facts["name"]);
  const auto entry = facts.find("catalogue");
  line({"제목", "title"}, entry != facts.end() ? entry->value("title", "") : facts.value("title", ""));
  line({"경로", "path"},
       facts["installed"].get<bool>()
           ? facts["path"].get<std::string>()
           : fmt::format(fmt::runtime(in_language("아직 없음 (hanok pull {})", "not here yet (hanok pull {})")),
                         facts["name"].get<std::string>()));
  line({"출처", "origin"}, facts["origin"]);
  line({"받은 때", "pulled"}, facts.value("pulled_at", ""));
  std::string licence = facts["licence"];
  if (licence.empty()) licence = facts.value("file_licence", "");
  if (licence.empty()) licence = in_language("파일에 쓰여 있지 않음", "the files do not say");
  if (!facts["licence_accepted"].get<bool>()) licence += in_language(" (아직 동의하지 않음)", " (not accepted yet)");
  line({"라이선스", "licence"}, licence);
  if (entry == facts.end()) return;
  line({"", ""}, (*entry)["licence"].value("summary", ""));
  line({"", ""}, (*entry)["licence"].value("url", ""));
  line({"비고", "note"}, entry->value("note", ""));
  if (facts["installed"].get<bool>()) return;
  line({"매개변수", "parameters"}, entry->value("parameters", ""));
  if (const uint64_t n_bytes = entry->value("bytes", uint64_t{0}); n_bytes > 0)
    line({"크기", "size"}, human_bytes(n_bytes));
  for (const Json& source : (*entry)["sources"]) line({"받는 곳", "source"}, source);
}

void print_embedding(const Json& facts) {
  line({"벡터", "vectors"},
       fmt::format(fmt::runtime(in_language("{}차원, {} (hanok embed)", "{} dimensions, {} (hanok embed)")),
                   facts["dim"].get<int64_t>(),
                   facts["pooling"] == "mean" ? in_language("토큰의 평균", "the tokens' mean")
                                              : in_language("첫 토큰", "the first token")));
  const auto prefix = [&](const char* key) { return Json(facts[key]).dump(); };
  line({"접두어", "prefixes"}, fmt::format(fmt::runtime(in_language("질의 {}, 글 {}", "query {}, passage {}")),
                                           prefix("query_prefix"), prefix("passage_prefix")));
}

void print_shape(const Json& facts) {
  std::string architecture = facts.value("architecture", "");
  if (!facts["supported"].get<bool>())
    architecture += in_language(" (이 판은 실행하지 못함)", " (not run by this version)");
  line({"구조", "architecture"}, architecture);
  line({"형식", "format"}, facts.value("format", ""));
  line({"매개변수", "parameters"}, count(facts["parameters"]));
  line({"가중치", "weights"}, human_bytes(facts["weights_bytes"]));
  for (const auto& [type, t] : facts["tensor_types"].items()) {
    line({"", ""}, fmt::format(fmt::runtime(in_language("{} 텐서 {}개, {}", "{} {} tensors, {}")), pad(type, 6),
                               t["tensors"].get<int64_t>(), human_bytes(t["bytes"])));
  }
  line({"까닭", "because"}, facts.value("problem", ""));
  std::string sizes;
  for (const char* key : {"n_layers", "hidden", "n_heads", "n_kv_heads", "head_dim", "ffn", "vocab"})
    if (facts.contains(key)) sizes += fmt::format("{}{} {}", sizes.empty() ? "" : ", ", key, facts[key].dump());
  line({"크기들", "sizes"}, sizes);
  if (facts.contains("max_context"))
    line({"문맥", "context"},
         fmt::format(fmt::runtime(in_language("최대 {} 토큰", "at most {} tokens")), facts["max_context"].dump()));
  if (const auto embedding = facts.find("embedding"); embedding != facts.end()) print_embedding(*embedding);
  const auto memory = facts.find("memory");
  if (memory == facts.end()) return;
  line({"메모리", "memory"},
       fmt::format(fmt::runtime(in_language("{} = 가중치 {} + 키와 값 {} (문맥 {}, {})",
                                            "{} = weights {} + keys and values {} (context {}, {})")),
                   human_bytes((*memory)["total_bytes"]), human_bytes((*memory)["weights_bytes"]),
                   human_bytes((*memory)["kv_bytes"]), (*memory)["context"].get<int64_t>(),
                   (*memory)["kv"].get<std::string>()));
}

void print_files(const Json& files) {
  for (const Json& f : files) {
    std::string text = fmt::format("{}  {}", f["name"].get<std::string>(), human_bytes(f["bytes"]));
    line({"파일", "file"}, text);
    text = "sha256 " + f["sha256"].get<std::string>();
    text += f["pinned"].get<bool>() ? in_language(" (미리 알던 값)", " (known beforehand)")
                                    : in_language(" (처음 받을 때 적은 값)", " (recorded at the first pull)");
    if (f.contains("verified")) text += in_language(" — 지금 확인함", " — verified now");
    line({"", ""}, text);
  }
}

// Hashes the stored files again. Error: kCorruptFile with both checksums.
Status verify(const StoredModel& model, Json& files) {
  const InterruptScope interrupt;
  const std::filesystem::path folder =
      std::filesystem::is_directory(model.path) ? model.path : model.path.parent_path();
  Progress progress(Progress::Unit::kBytes);
  for (size_t i = 0; i < model.files.size(); ++i) {
    const StoredFile& file = model.files[i];
    HANOK_TRY(const std::string sha256, sha256_of_file(folder / file.name, [&](uint64_t n_read) {
                progress.show(file.name, n_read, file.n_bytes);
                return !interrupt.interrupted();
              }));
    if (sha256 != file.sha256) {
      return fail(ErrorKind::kCorruptFile,
                  in_language("받은 뒤에 파일이 바뀌었습니다", "the file changed since it was pulled"),
                  (folder / file.name).string(), "sha256 " + file.sha256, "sha256 " + sha256,
                  "hanok pull --refresh " + model.name);
    }
    files[i]["verified"] = true;
  }
  return {};
}

Status show(const ShowArguments& a) {
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ModelDescription description, hub.describe(a.model));
  note_catalogue_error(hub);
  Json facts = store_facts(description);
  std::optional<ChatTemplate> chat_template;
  if (description.path.empty() && (a.only_template || a.verify)) {
    return fail(ErrorKind::kNotFound, in_language("이 기계에 없는 모델입니다", "the model is not on this machine"),
                a.model, "", "", "hanok pull " + a.model);
  }
  if (!description.path.empty()) {
    HANOK_TRY(const Checkpoint checkpoint, Checkpoint::open(description.path));
    HANOK_TRY(const Json more, checkpoint_facts(checkpoint, a.memory));
    facts.update(more);
    HANOK_TRY(chat_template, chat_template_of(checkpoint));
  }
  if (a.verify) {
    if (!description.stored) {
      return fail(ErrorKind::kNotFound,
                  in_language("내 파일의 체크섬은 알지 못합니다", "no checksum is known for a local path"), a.model,
                  in_language("받은 모델", "a model that was pulled"));
    }
    HANOK_RETURN_IF_ERROR(verify(*description.stored, facts["files"]));
  }
  if (a.only_template && !chat_template)
    return fail(ErrorKind::kNotFound, in_language("대화 템플릿이 없는 모델입니다", "the model has no chat template"),
                a.model, "", "", "hanok run --raw");
  if (a.json) {
    facts["template"] = chat_template ? Json(chat_template->source()) : Json();
    print_json(facts);
    return {};
  }
  if (a.only_template) {
    std::fwrite(chat_template->source().data(), 1, chat_template->source().size(), stdout);
    return {};
  }
  print_origin(facts);
  if (facts.contains("architecture")) print_shape(facts);
  if (facts.contains("files")) print_files(facts["files"]);
  if (chat_template) {
    line({"템플릿", "template"},
         fmt::format(fmt::runtime(in_language("{}바이트{} (--template로 봅니다)", "{} bytes{} (see --template)")),
                     chat_template->source().size(),
                     chat_template->mentions("enable_thinking")
                         ? in_language(", 생각하기 켜고 끔", ", thinking on or off")
                         : ""));
  } else if (!description.path.empty() && !facts.contains("embedding")) {
    line({"템플릿", "template"},
         in_language("없음: 글을 이어 쓰는 모델 (hanok run --raw)", "none: continues text (hanok run --raw)"));
  } else if (description.entry && description.path.empty()) {
    line({"템플릿", "template"}, description.entry->template_note);
  }
  return {};
}

}  // namespace

void add_show(CLI::App& app, int& exit_code) {
  const auto a = std::make_shared<ShowArguments>();
  CLI::App& command = add_command(app, "show",
                                  {"모델의 구조, 크기, 라이선스, 출처, 메모리, 템플릿을 보입니다",
                                   "shows a model's architecture, sizes, licence, origin, memory and template"},
                                  {"hanok show default --context 8192 --kv q8\nhanok show model.gguf --json",
                                   "hanok show default --context 8192 --kv q8\nhanok show model.gguf --json"});
  add_model(command, a->model);
  add_number(command, "--context", a->memory.context, {0, int64_t{1} << 30},
             {"메모리를 셈할 문맥 길이(토큰)", "context in tokens whose memory is computed"},
             {"0: 모델의 것, 최대 8192", "0: the model's own, at most 8192"});
  add_kv(command, a->memory.kv);
  add_flag(command, "--template", a->only_template,
           {"대화 템플릿만 그대로 씁니다", "prints the chat template alone, as it is"});
  add_flag(command, "--verify", a->verify,
           {"파일의 SHA-256을 다시 셈해 견줍니다", "hashes the files again and compares"});
  add_json(command, a->json);
  on_run(command, exit_code, a->json, [a] { return show(*a); });
}

}  // namespace hanok
