// Options that describe themselves: what for, default and range, in the user's language; a wrong value is answered with
// the values that are right.
#pragma once

#include <charconv>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/report.h"
#include "base/result.h"
#include "engine/engine.h"
#include "hub/hub.h"

namespace hanok {

// A text in both languages of the program.
struct Words {
  const char* korean = "";
  const char* english = "";
  std::string text() const { return in_language(korean, english); }
};

// Wrong usage found while the arguments are read.
class UsageError : public CLI::ParseError {
 public:
  explicit UsageError(hanok::Error error)
      : CLI::ParseError("UsageError", error.to_string(), kExitUsage), error_(std::move(error)) {}
  const hanok::Error& error() const { return error_; }

 private:
  hanok::Error error_;
};

// Says what the option is for and, in brackets, its default and its range; empty parts are left out.
void describe(CLI::Option& option, const Words& about, const std::string& default_text, const std::string& range);

// "0 to 1000", or "0 or more" where there is no upper end.
std::string range_text(const std::string& low, const std::optional<std::string>& high);
// For a value that is not what it should be.
[[noreturn]] void refuse_value(const std::string& option_name, const std::string& expected, const std::string& got);

template <class T>
struct Range {
  T low;
  T high = std::numeric_limits<T>::max();

  std::string text() const {
    const bool open = high == std::numeric_limits<T>::max();
    return range_text(fmt::format("{}", low), open ? std::nullopt : std::optional(fmt::format("{}", high)));
  }
  void check(const std::string& option_name, const std::string& value) const {
    T number{};
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool right = error == std::errc{} && end == value.data() + value.size() && number >= low && number <= high;
    if (right) return;
    refuse_value(
        option_name,
        fmt::format("{}, {}",
                    std::is_floating_point_v<T> ? in_language("수", "a number") : in_language("정수", "a whole number"),
                    text()),
        value);
  }
};

// An option that takes a number. Its default is what `value` holds; default_words says it otherwise (0: all
// processors).
template <class T>
CLI::Option* add_number(CLI::App& command, const std::string& names, T& value, std::type_identity_t<Range<T>> range,
                        const Words& about, const Words& default_words = {}) {
  CLI::Option* option = command.add_option(names, value)->type_name(std::is_floating_point_v<T> ? "X" : "N");
  option->check([range, option](const std::string& text) {
    range.check(option->get_name(), text);
    return std::string();
  });
  const std::string words = default_words.text();
  describe(*option, about, words.empty() ? fmt::format("{}", value) : words, range.text());
  return option;
}

// An option that takes numbers separated by commas.
template <class T>
CLI::Option* add_numbers(CLI::App& command, const std::string& names, std::vector<T>& values,
                         std::type_identity_t<Range<T>> range, const Words& about) {
  CLI::Option* option = command.add_option(names, values)->type_name("N,…")->delimiter(',')->allow_extra_args(false);
  option->check([range, option](const std::string& text) {
    range.check(option->get_name(), text);
    return std::string();
  });
  describe(*option, about, values.empty() ? "" : fmt::format("{}", fmt::join(values, ",")), range.text());
  return option;
}

// An option that takes one of some names. Its default is the name of what `value` holds.
template <class T>
CLI::Option* add_choice(CLI::App& command, const std::string& names, T& value,
                        std::vector<std::pair<std::string, T>> choices, const Words& about) {
  std::string all, initial;
  for (const auto& [name, choice] : choices) {
    all += (all.empty() ? "" : "|") + name;
    if (choice == value) initial = name;
  }
  CLI::Option* option =
      command.add_option_function<std::string>(names, [&value, choices, all, names](const auto& text) {
        for (const auto& [name, choice] : choices) {
          if (name != text) continue;
          value = choice;
          return;
        }
        refuse_value(names, all, text);
      });
  option->type_name(all);
  describe(*option, about, initial, "");
  return option;
}

// An option that takes a text; type names what kind, in capitals: TEXT, FILE, NAME.
CLI::Option* add_text(CLI::App& command, const std::string& names, std::string& value, const char* type,
                      const Words& about);
// An option that may be given several times, each with one text.
CLI::Option* add_texts(CLI::App& command, const std::string& names, std::vector<std::string>& values, const char* type,
                       const Words& about);
CLI::Option* add_flag(CLI::App& command, const std::string& names, bool& value, const Words& about);
// A positional argument, in capitals.
CLI::Option* add_positional(CLI::App& command, const char* name, std::string& value, bool required, const Words& about);

// The options many commands share.
void add_model(CLI::App& command, std::string& model);
void add_json(CLI::App& command, bool& json);
void add_threads(CLI::App& command, EngineOptions& engine);
void add_context(CLI::App& command, EngineOptions& engine);
void add_kv(CLI::App& command, KvType& kv);
void add_accept_licence(CLI::App& command, PullOptions& pull);
// --offline and --accept-licence; a pull then also shows its progress and asks about licences (pull_display.h).
void add_pull(CLI::App& command, PullOptions& pull);
// A command of the program with its summary and its examples (one per line, "hanok …").
CLI::App& add_command(CLI::App& app, const char* name, const Words& about, const Words& examples);
// What the command does. Its error is shown (as JSON when *json) and becomes the exit code. What the captures point to
// must live as long as the parser.
void on_run(CLI::App& command, int& exit_code, const bool& json, std::function<Status()> action);

}  // namespace hanok
