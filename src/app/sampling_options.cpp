// The options of the sampler.
#include <cmath>

#include <nlohmann/json.hpp>

#include "app/help.h"
#include "app/options.h"

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

// What is given replaces the default; an empty text alone means none.
CLI::Option* add_breakers(CLI::App& command, std::vector<std::string>& breakers) {
  CLI::Option* option = command.add_option("--dry-breaker", breakers)->type_name("TEXT")->allow_extra_args(false);
  describe(*option, {"DRY가 되풀이를 찾을 때 넘지 않는 글", "text beyond which DRY does not look for repeated phrases"},
           R"("\n" ":" "\"" "*")", in_language("여러 번 쓸 수 있음", "may be repeated"));
  return option;
}

std::string quoted(const std::string& text) {
  return nlohmann::ordered_json(text).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string quoted(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : " ") + quoted(text);
  return out;
}

}  // namespace

std::vector<std::string> given_sampling(const CLI::App& command) {
  SamplingOptions ignored;
  CLI::App known;
  add_sampling(known, ignored);
  std::vector<std::string> given;
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_name();
    if (known.get_option_no_throw(name) == nullptr || name == "--help") continue;
    for (const std::string& value : option->results()) given.push_back(name + "=" + value);
  }
  return given;
}

Status apply_sampling(const std::vector<std::string>& arguments, SamplingOptions& sampling) {
  SamplingOptions changed = sampling;
  CLI::App parser;
  parser.set_help_flag();
  add_sampling(parser, changed);
  try {
    parser.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back
  } catch (const CLI::ParseError& error) {
    return fail(usage_error(parser, error));
  }
  sampling = std::move(changed);
  return {};
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
          {"stop", quoted(s.stop)},
          {"logit-bias", biases}};
}

void add_sampling(CLI::App& command, SamplingOptions& s) {
  std::vector<CLI::Option*> options = {
      add_number(command, "--temperature", s.temperature, {0, 100},
                 {"온도. 높을수록 다양하고, 0이면 언제나 가장 그럴듯한 토큰",
                  "temperature: higher is more varied; 0 takes the likeliest token"}),
      add_number(command, "--top-k", s.top_k, {0, 1 << 24},
                 {"가장 그럴듯한 N개에서만 고릅니다. 0은 모두", "chooses among the N likeliest tokens; 0: all"}),
      add_number(command, "--top-p", s.top_p, {0, 1},
                 {"확률의 합이 X가 되는 가장 그럴듯한 토큰에서만 고릅니다. 1은 모두",
                  "chooses among the likeliest tokens whose probabilities add up to X; 1: all"}),
      add_number(command, "--min-p", s.min_p, {0, 1},
                 {"가장 큰 확률의 X배보다 못한 토큰은 버립니다", "drops tokens below X times the largest probability"}),
      add_number(command, "--typical", s.typical_p, {0, 1},
                 {"놀라움이 평균에 가까운 토큰에서만 고릅니다. 1은 모두",
                  "chooses among tokens whose surprise is nearest the expected one; 1: all"}),
      add_number(command, "--repetition-penalty", s.repetition_penalty, {0.01f, 100},
                 {"나온 토큰의 로짓을 나누는 값. 1은 없음", "divides the logits of tokens that occurred; 1: none"}),
      add_number(command, "--presence-penalty", s.presence_penalty, {-100, 100},
                 {"한 번이라도 나온 토큰의 로짓에서 빼는 값", "taken from the logits of tokens that occurred"}),
      add_number(command, "--frequency-penalty", s.frequency_penalty, {-100, 100},
                 {"나온 횟수만큼 로짓에서 빼는 값", "taken from a token's logit once for each time it occurred"}),
      add_number(command, "--penalty-last-n", s.penalty_last_n, {-1, 1 << 24},
                 {"벌점을 줄 때 돌아보는 토큰 수. -1은 모두", "tokens the penalties look back at; -1: all"}),
      add_number(
          command, "--dry-multiplier", s.dry_multiplier, {0, 100},
          {"되풀이되는 구절을 막는 DRY의 세기. 0은 끔", "strength of DRY, which breaks repeated phrases; 0: off"}),
      add_number(command, "--dry-base", s.dry_base, {1, 10},
                 {"DRY가 구절의 길이에 따라 커지는 밑", "base by which DRY grows with the phrase"}),
      add_number(command, "--dry-allowed-length", s.dry_allowed_length, {1, 1 << 24},
                 {"DRY가 봐주는 구절의 길이", "length of a phrase that DRY lets pass"}),
      add_breakers(command, s.dry_breakers),
      add_number(command, "--seed", s.seed, {0},
                 {"난수의 씨앗. 같은 씨앗은 스레드 수와 관계없이 같은 글을 냅니다",
                  "seed of the random numbers; the same seed gives the same text, whatever the thread count"}),
      add_number(command, "--max-tokens", s.max_tokens, {-1, int64_t{1} << 30},
                 {"답의 최대 토큰 수", "most tokens of an answer"},
                 {"-1: 끝나거나 문맥이 찰 때까지", "-1: until the end, or until the context is full"}),
      add_texts(command, "--stop", s.stop, "TEXT", {"이 글이 나오면 멈춥니다", "stops before this text"}),
  };
  CLI::Option* bias = command.add_option_function<std::vector<std::string>>(
      "--logit-bias", [&s](const std::vector<std::string>& texts) {
        for (const std::string& text : texts) read_bias(text, s.logit_bias);
      });
  bias->type_name("ID=X")->allow_extra_args(false);
  describe(*bias, {"토큰의 로짓에 더하는 값", "added to a token's logit"}, "",
           in_language("여러 번 쓸 수 있음", "may be repeated"));
  options.push_back(bias);
  for (CLI::Option* option : options)
    option->group(in_language("고르는 방법 (모델의 generation_config.json에 있는 값이 기본값에 앞섭니다)",
                              "Sampling (what the model's generation_config.json says goes before the defaults)"));
}

}  // namespace hanok
