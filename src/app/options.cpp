#include "app/options.h"

#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include "app/pull_display.h"

namespace hanok {

void describe(CLI::Option& option, const Words& about, const std::string& default_text, const std::string& range) {
  std::string notes;
  if (!default_text.empty()) notes = fmt::format("{} {}", in_language("기본", "default"), default_text);
  if (!range.empty()) notes += (notes.empty() ? "" : "; ") + range;
  option.description(about.text() + (notes.empty() ? "" : " [" + notes + "]"));
}

std::string range_text(const std::string& low, const std::optional<std::string>& high) {
  if (!high) return fmt::format(fmt::runtime(in_language("{} 이상", "{} or more")), low);
  return fmt::format(fmt::runtime(in_language("{}부터 {}까지", "{} to {}")), low, *high);
}

void refuse_value(const std::string& option_name, const std::string& expected, const std::string& got) {
  throw UsageError(Error{ErrorKind::kInvalidInput, in_language("값이 맞지 않습니다", "this value does not fit"),
                         option_name, expected, got.empty() ? "\"\"" : got, ""});
}

CLI::Option* add_text(CLI::App& command, const std::string& names, std::string& value, const char* type,
                      const Words& about) {
  CLI::Option* option = command.add_option(names, value)->type_name(type);
  describe(*option, about, value, "");
  return option;
}

CLI::Option* add_texts(CLI::App& command, const std::string& names, std::vector<std::string>& values, const char* type,
                       const Words& about) {
  CLI::Option* option = command.add_option(names, values)->type_name(type)->allow_extra_args(false);
  describe(*option, about, "", in_language("여러 번 쓸 수 있음", "may be repeated"));
  return option;
}

CLI::Option* add_flag(CLI::App& command, const std::string& names, bool& value, const Words& about) {
  return command.add_flag(names, value, about.text());
}

CLI::Option* add_positional(CLI::App& command, const char* name, std::string& value, bool required,
                            const Words& about) {
  return command.add_option(name, value, about.text())->required(required);
}

void add_model(CLI::App& command, std::string& model) {
  add_positional(
      command, "MODEL", model, true,
      {"모델: 경로(GGUF 파일이나 safetensors 폴더), 목록의 이름, hf:소유자/이름, pypi:…",
       "the model: a path (a GGUF file or a folder of safetensors), a catalogue name, hf:owner/name, pypi:…"});
}

void add_json(CLI::App& command, bool& json) {
  add_flag(command, "--json", json,
           {"결과를 JSON 문서 하나로 표준 출력에 씁니다. 오류도 {\"error\": …}로 거기에 씁니다",
            "the result as one JSON document on standard output; an error too, as {\"error\": …}"});
}

void add_threads(CLI::App& command, EngineOptions& engine) {
  add_number(command, "--threads", engine.n_threads, {0, 1024}, {"일할 스레드 수", "threads that work"},
             {"0: 이 프로세스가 쓸 수 있는 모든 프로세서", "0: every processor of this process"});
}

void add_context(CLI::App& command, EngineOptions& engine) {
  add_number(command, "--context", engine.context, {0, int64_t{1} << 30},
             {"문맥 길이(토큰)", "length of the context in tokens"},
             {"0: 모델의 것, 최대 8192", "0: the model's own, at most 8192"});
}

void add_kv(CLI::App& command, KvType& kv) {
  add_choice<KvType>(command, "--kv", kv, {{"f16", KvType::kF16}, {"q8", KvType::kQ8}},
                     {"키와 값을 담는 형식. q8은 메모리를 셋 가운데 둘쯤 씁니다",
                      "how keys and values are kept; q8 takes about two thirds of the memory"});
}

void add_accept_licence(CLI::App& command, PullOptions& pull) {
  command
      .add_option_function<std::string>(
          "--accept-licence,--accept-license", [&pull](const std::string& name) { pull.accept_licence.insert(name); },
          Words{"이 이름의 모델이나 라이선스에 동의합니다. 한 번이면 됩니다",
                "accepts the licence of this model, or the licence of this name; once is "
                "enough"}
              .text())
      ->type_name("NAME");
}

void add_pull(CLI::App& command, PullOptions& pull) {
  show_pull(pull);
  add_flag(command, "--offline", pull.offline,
           {"이미 있는 것만 쓰고 받지 않습니다", "uses only what is here; fetches nothing"});
  add_accept_licence(command, pull);
}

CLI::App& add_command(CLI::App& app, const char* name, const Words& about, const Words& examples) {
  CLI::App* command = app.add_subcommand(name, about.text());
  command->footer(examples.text());
  return *command;
}

void on_run(CLI::App& command, int& exit_code, const bool& json, std::function<Status()> action) {
  command.callback([&exit_code, &json, action = std::move(action)] {
    try {
      if (const Status status = action(); !status) exit_code = report(status.error(), json);
    } catch (const std::system_error& error) {  // thrown by fmt::print
      exit_code = report(Error{ErrorKind::kIo, in_language("결과를 쓰지 못했습니다", "the output could not be written"),
                               in_language("표준 출력", "standard output"), "", error.code().message(), ""});
    } catch (const std::bad_alloc&) {
      exit_code = report(
          Error{ErrorKind::kOutOfMemory, in_language("메모리를 더 얻지 못했습니다", "no more memory"), "", "", "",
                in_language("더 작은 모델이나 --context, --kv q8을 쓰세요",
                            "take a smaller model, a smaller --context or --kv q8")},
          json);
    } catch (const CLI::Error&) {
      throw;
    } catch (const std::exception& error) {  // of the standard library: an unreadable folder, a name too long
      exit_code = report(Error{ErrorKind::kIo, error.what()}, json);
    }
  });
}

}  // namespace hanok
