#include "app/help.h"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "app/options.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/edit_distance.h"

namespace hanok {
namespace {

constexpr size_t kLeftColumns = 28;  // of names and options; descriptions stand beside them

size_t page_columns() {
  return std::clamp<size_t>(terminal_columns(STDOUT_FILENO), 60, 110);
}

// "  left      description", the description wrapped into its own column.
std::string entry(const std::string& left, const std::string& description) {
  std::string out = "  " + left;
  size_t at = display_width(out);
  if (at + 2 > kLeftColumns) out += "\n", at = 0;
  for (const std::string& line : wrap(description, page_columns() - kLeftColumns)) {
    out += std::string(kLeftColumns - at, ' ') + line + "\n";
    at = 0;
  }
  return out;
}

std::string option_names(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) names += (names.empty() ? "--" : ", --") + name;
  if (option.get_type_size() > 0 && !option.get_type_name().empty()) names += " " + option.get_type_name();
  return names;
}

std::string positional_usage(const CLI::Option& option) {
  return option.get_required() ? option.get_name(true) : "[" + option.get_name(true) + "]";
}

std::string indented(const std::string& text) {
  std::string out;
  for (const std::string& line : wrap(text, std::string::npos)) out += "  " + line + "\n";
  return out;
}

std::string see_help(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* parent = app.get_parent(); parent != nullptr; parent = parent->get_parent())
    name = parent->get_name() + " " + name;
  return name + " --help";
}

const CLI::App& chosen_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : chosen_command(*chosen.front());
}

Error unexpected_argument(const CLI::App& app, const CLI::App& command) {
  const std::vector<std::string> extra = app.remaining(true);
  const std::string got = extra.empty() ? "" : extra.front();
  if (!got.starts_with("-")) {
    return {ErrorKind::kInvalidInput,
            in_language("인자가 더 있습니다", "one argument too many"),
            command.get_name(),
            "",
            got,
            see_help(command)};
  }
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  const std::string typed = got.substr(0, got.find('='));
  return {ErrorKind::kInvalidInput,
          in_language("모르는 옵션입니다", "unknown option"),
          command.get_name(),
          "",
          got,
          did_you_mean(nearest(typed, names), see_help(command))};
}

// CLI11 tells the option only inside its message: "--seed: 1 required INT missing", "MODEL is required".
std::string first_word(const std::string& message) {
  return message.substr(0, message.find_first_of(": "));
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const {
  std::string out = app->get_description() + "\n\n" + in_language("사용법", "Usage") + ": " + name;
  const auto positionals = app->get_options([](const CLI::Option* option) { return option->get_positional(); });
  const auto commands = app->get_subcommands([](const CLI::App*) { return true; });
  out += in_language(" [옵션]", " [OPTIONS]");
  for (const CLI::Option* option : positionals) out += " " + positional_usage(*option);
  if (!commands.empty()) out += in_language(" 명령 …", " COMMAND …");
  out += "\n";
  if (!commands.empty()) out += fmt::format("\n{}:\n", in_language("명령", "Commands"));
  for (const CLI::App* command : commands) out += entry(command->get_name(), command->get_description());
  if (!positionals.empty()) out += fmt::format("\n{}:\n", in_language("인자", "Arguments"));
  for (const CLI::Option* option : positionals) out += entry(option->get_name(true), option->get_description());
  for (const std::string& group : app->get_groups()) {
    const auto options = app->get_options(
        [&](const CLI::Option* option) { return option->get_group() == group && option->nonpositional(); });
    if (options.empty() || group.empty()) continue;
    out += fmt::format("\n{}:\n", group == "Options" ? in_language("옵션", "Options") : group);
    for (const CLI::Option* option : options) out += entry(option_names(*option), option->get_description());
  }
  if (app->get_footer().empty()) return out;
  if (app->get_parent() == nullptr) return out + "\n" + app->get_footer() + "\n";
  return out + fmt::format("\n{}:\n", in_language("예", "Examples")) + indented(app->get_footer());
}

std::string nearest(const std::string& typed, const std::vector<std::string>& names) {
  std::string best;
  size_t least = std::max<size_t>(2, typed.size() / 2) + 1;
  for (const std::string& name : names) {
    const size_t distance = edit_distance(typed, name);
    if (distance < least) least = distance, best = name;
  }
  return best;
}

std::string did_you_mean(const std::string& name, const std::string& otherwise) {
  if (name.empty()) return otherwise;
  return fmt::format(fmt::runtime(in_language("혹시 {}?", "did you mean {}?")), name);
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  if (const auto* own = dynamic_cast<const UsageError*>(&error)) return own->error();
  const CLI::App& command = chosen_command(app);
  const std::string message = error.what(), where = first_word(message), kind = error.get_name();
  const std::string hint = see_help(command);
  const auto words = [&](const char* korean, const char* english) {
    return Error{ErrorKind::kInvalidInput, in_language(korean, english), where, "", "", hint};
  };
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) return unexpected_argument(app, command);
  const bool lacks_command = !command.get_subcommands([](const CLI::App*) { return true; }).empty();
  if (kind == "RequiredError" && lacks_command) {
    if (!app.remaining(true).empty()) return unexpected_argument(app, command);
    return {ErrorKind::kInvalidInput, in_language("명령이 없습니다", "no command given"), app.get_name(), "", "", hint};
  }
  if (kind == "RequiredError") return words("꼭 있어야 합니다", "is required");
  if (kind == "ArgumentMismatch" && message.find("flag") != std::string::npos)
    return words("값을 받지 않는 옵션입니다", "takes no value");
  if (kind == "ArgumentMismatch" && message.find("At Most") != std::string::npos)
    return words("한 번만 쓸 수 있습니다", "can be given only once");
  if (kind == "ArgumentMismatch") return words("값이 없습니다", "its value is missing");
  if (kind == "ConversionError" || kind == "ValidationError") {
    Error wrong = words("값이 맞지 않습니다", "this value does not fit");
    const size_t equals = message.find(" = ");
    wrong.got = equals == std::string::npos ? message : message.substr(equals + 3);
    if (message.starts_with("Could not convert: ")) wrong.where = first_word(message.substr(19));
    return wrong;
  }
  const size_t last_space = message.rfind(' ');
  if (kind == "ExcludesError" || kind == "RequiresError") {
    Error conflict = kind == "ExcludesError" ? words("함께 쓸 수 없습니다", "cannot be used together")
                                             : words("다른 옵션이 있어야 합니다", "needs another option");
    (kind == "ExcludesError" ? conflict.got : conflict.expected) = message.substr(last_space + 1);
    return conflict;
  }
  return {ErrorKind::kInvalidInput, message, command.get_name(), "", "", hint};
}

Error unknown_command(const CLI::App& app, const std::string& name) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return {ErrorKind::kInvalidInput,
          in_language("모르는 명령입니다", "unknown command"),
          "hanok",
          fmt::format("{}", fmt::join(names, ", ")),
          name,
          did_you_mean(nearest(name, names), "hanok --help")};
}

}  // namespace hanok
