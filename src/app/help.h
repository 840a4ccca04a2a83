// Help and usage errors in the user's language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"

namespace hanok {

// Lays help out in the width of the terminal, Hangul counted as two columns.
class HelpFormatter final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

// What the parser refused, in the words of this program. `app` is the parser that threw.
Error usage_error(const CLI::App& app, const CLI::ParseError& error);
// The name nearest to a mistyped one; empty when none is near.
std::string nearest(const std::string& typed, const std::vector<std::string>& names);
// "did you mean NAME?", or `otherwise` when the name is empty.
std::string did_you_mean(const std::string& name, const std::string& otherwise);
// For a first argument that is no command; names the nearest one.
Error unknown_command(const CLI::App& app, const std::string& name);

}  // namespace hanok
