// The sampler's options as a person gives them: on the command line, or by name in a chat.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "engine/sampler.h"

namespace hanok {

// Writes one option's value, read and checked already, into the options.
using SamplingSetter = std::function<void(SamplingOptions&)>;

// What was given on the command line, by the option's name without its dashes.
struct GivenSampling {
  std::map<std::string, SamplingSetter> setters;

  bool has(const std::string& name) const { return setters.contains(name); }
  // Whether an option was given that tells how tokens are drawn: temperature, seed, top-p and their like.
  bool chooses_drawing() const;
  // Lays what was given over the model's own defaults.
  void overlay(SamplingOptions& sampling) const;
};
// The same question about one option.
bool tells_how_to_draw(const std::string& name);

// All options of the sampler, in a group of their own. A wrong value is wrong usage while the arguments are read.
void add_sampling(CLI::App& command, GivenSampling& given);
// Changes one option by its name without dashes; an empty text makes a list empty. Errors: as on the command line.
Status set_sampling(const std::string& name, const std::string& value, SamplingOptions& sampling);
// {"temperature", "0.7"}, …: every option and its value, by its name without dashes.
std::vector<std::pair<std::string, std::string>> sampling_values(const SamplingOptions& sampling);

// A seed that is another at each start, small enough for every reader of JSON.
uint64_t random_seed();

}  // namespace hanok
