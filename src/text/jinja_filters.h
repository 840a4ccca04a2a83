// What a filter is given, and the tables of filters that make up Evaluator::filter.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "text/jinja_eval.h"

namespace hanok::jinja {

struct FilterCall {
  Evaluator& evaluator;
  const Value& input;
  Arguments& given;
  Budget& budget;
  // The argument at a position or of a name; `fallback` where it is absent.
  Value get(size_t at, const std::string& name, Value fallback = None{}) const {
    if (at < given.positional.size()) return given.positional[at];
    for (const auto& [key, value] : given.named) {
      if (key == name) return value;
    }
    return fallback;
  }
  std::vector<Value> items() const { return elements_of(input, budget); }
  std::string text() const { return to_text(input, budget); }
  Value make(std::string out) const { return make_text(std::move(out), budget, input.markup()); }
  Value list(std::vector<Value> out) const { return make_list(std::move(out), budget); }
  Value generator(std::vector<Value> out) const { return make_list(std::move(out), budget, ListKind::kGenerator); }
};

using Filter = Value (*)(const FilterCall&);

// Filters of texts and numbers.
const std::unordered_map<std::string, Filter>& text_filters();
bool is_filter(const std::string& name);

}  // namespace hanok::jinja
