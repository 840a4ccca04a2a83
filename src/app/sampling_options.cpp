#include "app/sampling_options.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include <nlohmann/json.hpp>

#include "app/options.h"
#include "base/check.h"

namespace hanok {
namespace {

// "ID=BIAS", a token id and what is added to its logit.
void read_bias(const std::string& text, std::map<int32_t, float>& biases) {
  int32_t id = -1;
  float bias = 0;
  const char* end = text.data() + text.size();
  const auto at = std::from_chars(text.data(), end, id);
  const bool has_id = at.ec == std::errc{} && id >= 0 && at.ptr != end && *at.ptr == '=';
  const auto rest = has_id ? std::from_chars(at.ptr + 1, end, bias) : at;
  if (!has_id || rest.ec != std::errc{} || rest.ptr != end || std::isnan(bias))
    refuse_value("--logit-bias", in_language("토큰번호=수 (예: 13=-5)", "ID=NUMBER (for example 13=-5)"), text);
  biases[id] = bias;
}

std::string quoted(const std::string& text) {
  return nlohmann::ordered_json(text).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string quoted(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : " ") + quoted(text);
  return out;
}

// Calls visit(name, member, range, about, words for the default) for every option that is one number.
template <class Visit>
void each_number(Visit&& visit) {
  using S = SamplingOptions;
  visit(
      "temperature", &S::temperature, Range<float>{0, 100},
      Words{
          "온도. 높을수록 다양하고, 0이면 언제나 가장 그럴듯한 토큰. --file로 물을 때는 고르는 방법을 정하지 않으면 0",
          "temperature: higher is more varied; 0 takes the likeliest token. 0 with --file, unless you say how tokens "
          "are drawn"},
      Words{});
  visit("top-k", &S::top_k, Range<int>{0, 1 << 24},
        Words{"가장 그럴듯한 N개에서만 고릅니다. 0은 모두", "chooses among the N likeliest tokens; 0: all"}, Words{});
  visit("top-p", &S::top_p, Range<float>{0, 1},
        Words{"확률의 합이 X가 되는 가장 그럴듯한 토큰에서만 고릅니다. 1은 모두",
              "chooses among the likeliest tokens whose probabilities add up to X; 1: all"},
        Words{});
  visit("min-p", &S::min_p, Range<float>{0, 1},
        Words{"가장 큰 확률의 X배보다 못한 토큰은 버립니다", "drops tokens below X times the largest probability"},
        Words{});
  visit("typical", &S::typical_p, Range<float>{0, 1},
        Words{"놀라움이 평균에 가까운 토큰에서만 고릅니다. 1은 모두",
              "chooses among tokens whose surprise is nearest the expected one; 1: all"},
        Words{});
  visit("repetition-penalty", &S::repetition_penalty, Range<float>{0.01f, 100},
        Words{"나온 토큰의 로짓을 나누는 값. 1은 없음", "divides the logits of tokens that occurred; 1: none"},
        Words{});
  visit("presence-penalty", &S::presence_penalty, Range<float>{-100, 100},
        Words{"한 번이라도 나온 토큰의 로짓에서 빼는 값", "taken from the logits of tokens that occurred"}, Words{});
  visit("frequency-penalty", &S::frequency_penalty, Range<float>{-100, 100},
        Words{"나온 횟수만큼 로짓에서 빼는 값", "taken from a token's logit once for each time it occurred"}, Words{});
  visit("penalty-last-n", &S::penalty_last_n, Range<int>{-1, 1 << 24},
        Words{"벌점을 줄 때 돌아보는 토큰 수. -1은 모두", "tokens the penalties look back at; -1: all"}, Words{});
  visit("dry-multiplier", &S::dry_multiplier, Range<float>{0, 100},
        Words{"되풀이되는 구절을 막는 DRY의 세기. 0은 끔", "strength of DRY, which breaks repeated phrases; 0: off"},
        Words{});
  visit("dry-base", &S::dry_base, Range<float>{1, 10},
        Words{"DRY가 구절의 길이에 따라 커지는 밑", "base by which DRY grows with the phrase"}, Words{});
  visit("dry-allowed-length", &S::dry_allowed_length, Range<int>{1, 1 << 24},
        Words{"DRY가 봐주는 구절의 길이", "length of a phrase that DRY lets pass"}, Words{});
  visit("seed", &S::seed, Range<uint64_t>{0},
        Words{"난수의 씨앗. 같은 씨앗은 스레드 수와 관계없이 같은 글을 냅니다",
              "seed of the random numbers; the same seed gives the same text, whatever the thread count"},
        Words{"시작할 때마다 새로 뽑고 --json에 적음", "drawn anew at each start, and told by --json"});
  visit("max-tokens", &S::max_tokens, Range<int64_t>{-1, int64_t{1} << 30},
        Words{"답의 최대 토큰 수", "most tokens of an answer"},
        Words{"-1: 끝나거나 문맥이 찰 때까지", "-1: until the end, or until the context is full"});
  visit("lookup", &S::lookup, Range<int>{0, 31},
        Words{"앞의 글에서 짐작해 한 번에 확인하는 토큰 수. 답은 그대로이고 빨라지기만 합니다. 0은 끔",
              "most tokens guessed from the text so far and checked in one step: the answer stays the same and comes "
              "sooner; 0: off"},
        Words{});
}

// Throws UsageError for a text that is no such number.
template <class T>
SamplingSetter number_setter(const std::string& name, T SamplingOptions::*member, const Range<T>& range,
                             const std::string& text) {
  range.check("--" + name, text);
  T number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return [member, number](SamplingOptions& sampling) { sampling.*member = number; };
}

// What is given replaces the default; an empty text alone means none.
SamplingSetter breakers_setter(std::vector<std::string> texts) {
  std::erase(texts, "");
  return [texts = std::move(texts)](SamplingOptions& sampling) { sampling.dry_breakers = texts; };
}

SamplingSetter stop_setter(std::vector<std::string> texts) {
  if (std::find(texts.begin(), texts.end(), "") != texts.end())
    refuse_value("--stop", in_language("비어 있지 않은 글", "a text that is not empty"), "");
  return [texts = std::move(texts)](SamplingOptions& sampling) { sampling.stop = texts; };
}

SamplingSetter bias_setter(const std::vector<std::string>& texts) {
  std::map<int32_t, float> biases;
  for (const std::string& text : texts) read_bias(text, biases);
  return [biases](SamplingOptions& sampling) {
    for (const auto& [id, bias] : biases) sampling.logit_bias[id] = bias;
  };
}

// An option that may be given several times, each with one text, all of which `setter` reads.
CLI::Option* add_repeated(CLI::App& command, GivenSampling& given, const std::string& name, const char* type,
                          const Words& about, const std::string& default_text,
                          std::function<SamplingSetter(std::vector<std::string>)> setter) {
  const auto take = [&given, name, setter = std::move(setter)](const std::vector<std::string>& texts) {
    given.setters[name] = setter(texts);
  };
  CLI::Option* option = command.add_option_function<std::vector<std::string>>("--" + name, take);
  option->type_name(type)->allow_extra_args(false);
  describe(*option, about, default_text, in_language("여러 번 쓸 수 있음", "may be repeated"));
  return option;
}

// The setter of one option from one text, as a chat gives it.
SamplingSetter setter_of(const std::string& name, const std::string& text) {
  if (name == "dry-breaker") return breakers_setter({text});
  if (name == "stop") return stop_setter(text.empty() ? std::vector<std::string>{} : std::vector{text});
  if (name == "logit-bias" && text.empty()) return [](SamplingOptions& sampling) { sampling.logit_bias.clear(); };
  if (name == "logit-bias") return bias_setter({text});
  SamplingSetter setter;
  each_number([&](const char* known, auto member, const auto& range, const Words&, const Words&) {
    if (name == known) setter = number_setter(name, member, range, text);
  });
  return setter;
}

}  // namespace

bool tells_how_to_draw(const std::string& name) {
  static const std::set<std::string> names{"temperature", "top-k", "top-p", "min-p", "typical", "seed"};
  return names.contains(name);
}

bool GivenSampling::chooses_drawing() const {
  return std::any_of(setters.begin(), setters.end(), [](const auto& given) { return tells_how_to_draw(given.first); });
}

void GivenSampling::overlay(SamplingOptions& sampling) const {
  for (const auto& [name, set] : setters) set(sampling);
}

Status set_sampling(const std::string& name, const std::string& value, SamplingOptions& sampling) {
  try {
    const SamplingSetter set = setter_of(name, value);
    HANOK_CHECK(set != nullptr, "the option is one of sampling_values()");
    set(sampling);
  } catch (const UsageError& wrong) {
    return fail(wrong.error());
  }
  return {};
}

uint64_t random_seed() {
  return std::random_device()();
}

std::vector<std::pair<std::string, std::string>> sampling_values(const SamplingOptions& s) {
  const auto text = [](auto value) { return fmt::format("{}", value); };
  std::string biases;
  for (const auto& [id, bias] : s.logit_bias) biases += fmt::format("{}{}={}", biases.empty() ? "" : " ", id, bias);
  return {{"temperature", text(s.temperature)},
          {"top-k", text(s.top_k)},
          {"top-p", text(s.top_p)},
          {"min-p", text(s.min_p)},
          {"typical", text(s.typical_p)},
          {"repetition-penalty", text(s.repetition_penalty)},
          {"presence-penalty", text(s.presence_penalty)},
          {"frequency-penalty", text(s.frequency_penalty)},
          {"penalty-last-n", text(s.penalty_last_n)},
          {"dry-multiplier", text(s.dry_multiplier)},
          {"dry-base", text(s.dry_base)},
          {"dry-allowed-length", text(s.dry_allowed_length)},
          {"dry-breaker", quoted(s.dry_breakers)},
          {"seed", text(s.seed)},
          {"max-tokens", text(s.max_tokens)},
          {"lookup", text(s.lookup)},
          {"stop", quoted(s.stop)},
          {"logit-bias", biases}};
}

void add_sampling(CLI::App& command, GivenSampling& given) {
  std::vector<CLI::Option*> options;
  const SamplingOptions defaults;
  each_number([&](const char* name, auto member, const auto& range, const Words& about, const Words& default_words) {
    const std::string option_name = name;
    CLI::Option* option = command.add_option_function<std::string>(
        "--" + option_name, [&given, option_name, member, range](const std::string& text) {
          given.setters[option_name] = number_setter(option_name, member, range, text);
        });
    using Number = std::remove_cvref_t<decltype(defaults.*member)>;
    option->type_name(std::is_floating_point_v<Number> ? "X" : "N");
    const std::string words = default_words.text();
    describe(*option, about, words.empty() ? fmt::format("{}", defaults.*member) : words, range.text());
    options.push_back(option);
  });
  options.push_back(add_repeated(command, given, "dry-breaker", "TEXT",
                                 {"DRY가 되풀이를 찾을 때 넘지 않는 글. \"\"만 주면 없음",
                                  "text beyond which DRY does not look for repeated phrases; \"\" alone: none"},
                                 quoted(defaults.dry_breakers), breakers_setter));
  options.push_back(add_repeated(command, given, "stop", "TEXT", {"이 글이 나오면 멈춥니다", "stops before this text"},
                                 "", stop_setter));
  options.push_back(add_repeated(command, given, "logit-bias", "ID=X",
                                 {"토큰의 로짓에 더하는 값", "added to a token's logit"}, "", bias_setter));
  for (CLI::Option* option : options)
    option->group(in_language("고르는 방법 (모델의 generation_config.json에 있는 값이 기본값에 앞섭니다)",
                              "Sampling (what the model's generation_config.json says goes before the defaults)"));
}

}  // namespace hanok
