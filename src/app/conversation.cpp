#include "app/conversation.h"

#include <fmt/format.h>

#include "app/input.h"
#include "app/report.h"
#include "base/disk.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

Json message(const char* role, const std::string& content) {
  return {{"role", role}, {"content", content}};
}

Json answer_message(const Turn& turn) {
  Json answer = message("assistant", turn.answer);
  if (!turn.thinking.empty()) answer["reasoning_content"] = turn.thinking;
  return answer;
}

tl::unexpected<Error> wrong(const std::string& where, const char* expected) {
  return fail(ErrorKind::kInvalidInput, in_language("저장된 대화가 아닙니다", "not a saved conversation"), where,
              expected);
}

// The text under `key`; missing only where it may be.
Result<std::string> text_of(const Json& object, const char* key, const std::string& where) {
  const auto found = object.find(key);
  if (!object.is_object() || found == object.end() || !found->is_string()) return wrong(where + "." + key, "a text");
  return found->get<std::string>();
}

Status take_message(const Json& entry, const std::string& where, Conversation& conversation, bool& is_open) {
  HANOK_TRY(const std::string role, text_of(entry, "role", where));
  HANOK_TRY(std::string content, text_of(entry, "content", where));
  if (role == "system" && conversation.turns.empty() && conversation.system.empty()) {
    conversation.system = std::move(content);
  } else if (role == "user" && !is_open) {
    conversation.turns.push_back({std::move(content), "", ""});
    is_open = true;
  } else if (role == "assistant" && is_open) {
    conversation.turns.back().answer = std::move(content);
    if (entry.contains("reasoning_content")) {
      HANOK_TRY(conversation.turns.back().thinking, text_of(entry, "reasoning_content", where));
    }
    is_open = false;
  } else {
    return wrong(where + ".role", "system first, then user and assistant in turn");
  }
  return {};
}

// The array under `key`; empty where it is missing and may be.
Result<Json> array_of(const Json& document, const char* key, bool required) {
  const auto found = document.find(key);
  if (found == document.end() && !required) return Json::array();
  if (found == document.end() || !found->is_array()) return wrong(key, "an array");
  return *found;
}

// Some templates refuse a system turn, others leave it out.
bool takes_system_turn(const Engine& engine) {
  constexpr const char* kMark = "hanok-mark";
  ChatTemplate::Input input = template_tokens(engine.tokenizer());
  input.messages = Json::array({message("system", kMark), message("user", "?")});
  const auto text = engine.chat_template()->render(input);
  return text && text->find(kMark) != std::string::npos;
}

}  // namespace

Json Conversation::messages(const std::string& question, size_t n_dropped, bool has_system_turn) const {
  Json all = Json::array();
  const std::string about_files = files.empty() ? "" : instructions_about(files);
  std::string told = has_system_turn ? about_files : "";
  if (!system.empty()) told = system + (told.empty() ? "" : "\n\n" + told);
  if (!told.empty()) all.push_back(message("system", told));
  for (size_t i = n_dropped; i <= turns.size(); ++i) {
    const std::string& asked = i < turns.size() ? turns[i].question : question;
    const bool carries_files = i == n_dropped && !has_system_turn && !files.empty();
    all.push_back(message("user", carries_files ? about_files + "\n\n" + asked : asked));
    if (i < turns.size()) all.push_back(answer_message(turns[i]));
  }
  return all;
}

Result<FittedPrompt> fit_prompt(const Engine& engine, const Conversation& conversation, const std::string& question,
                                ThinkingWish wish, int64_t room) {
  const bool has_system_turn = takes_system_turn(engine);
  FittedPrompt fitted;
  for (;; ++fitted.n_dropped) {
    HANOK_TRY(fitted.prompt,
              chat_prompt(engine, conversation.messages(question, fitted.n_dropped, has_system_turn), wish));
    const auto n_tokens = static_cast<int64_t>(fitted.prompt.ids.size());
    const bool is_last = fitted.n_dropped == conversation.turns.size();
    if (n_tokens + room <= engine.context() || (is_last && n_tokens < engine.context())) return fitted;
    if (!is_last) continue;
    return fail(ErrorKind::kLimit, in_language("질문이 문맥보다 깁니다", "the question is longer than the context"),
                conversation.files.empty() ? in_language("질문", "question")
                                           : in_language("붙인 파일과 질문", "the attached files and the question"),
                fmt::format(fmt::runtime(in_language("최대 {}토큰", "at most {} tokens")), engine.context() - 1),
                fmt::format("{}", n_tokens),
                in_language("글을 줄이거나 --context를 늘리세요", "shorten the text or raise --context"));
  }
}

Json to_json(const Conversation& conversation, const std::string& model) {
  Json files = Json::array(), messages = Json::array();
  for (const Attachment& file : conversation.files) files.push_back({{"name", file.name}, {"text", file.text}});
  if (!conversation.system.empty()) messages.push_back(message("system", conversation.system));
  for (const Turn& turn : conversation.turns) {
    messages.push_back(message("user", turn.question));
    messages.push_back(answer_message(turn));
  }
  return {{"version", kVersion}, {"model", model}, {"files", files}, {"messages", messages}};
}

Result<Conversation> conversation_from_json(const Json& document) {
  if (!document.is_object()) return wrong("", "a JSON object");
  if (document.value("version", Json(kVersion)) != kVersion)
    return fail(ErrorKind::kUnsupported, in_language("모르는 판의 대화입니다", "a conversation of an unknown version"),
                "version", fmt::format("{}", kVersion), document["version"].dump());
  Conversation conversation;
  HANOK_TRY(const Json files, array_of(document, "files", false));
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string where = fmt::format("files[{}]", i);
    HANOK_TRY(std::string name, text_of(files[i], "name", where));
    HANOK_TRY(std::string text, text_of(files[i], "text", where));
    conversation.files.push_back({std::move(name), std::move(text)});
  }
  HANOK_TRY(const Json messages, array_of(document, "messages", true));
  bool is_open = false;  // the last question has no answer yet
  for (size_t i = 0; i < messages.size(); ++i)
    HANOK_RETURN_IF_ERROR(take_message(messages[i], fmt::format("messages[{}]", i), conversation, is_open));
  if (is_open) return wrong(fmt::format("messages[{}]", messages.size() - 1), "an answer after the last question");
  return conversation;
}

Status save_conversation(const std::filesystem::path& path, const Conversation& conversation,
                         const std::string& model) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored))
    return fail(ErrorKind::kInvalidInput, in_language("파일이 아닙니다", "not a file"), path.string());
  const std::string text = to_json(conversation, model).dump(2, ' ', false, Json::error_handler_t::replace);
  return write_file_whole(std::filesystem::absolute(path), text + "\n");
}

Result<Conversation> load_conversation(const std::filesystem::path& path) {
  HANOK_TRY(const std::string text, read_text(path));
  const Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded())
    return fail(ErrorKind::kInvalidInput, in_language("JSON이 아닙니다", "not valid JSON"), path.string());
  auto conversation = conversation_from_json(document);
  if (!conversation) return tl::unexpected(conversation.error().in(path.string()));
  return conversation;
}

}  // namespace hanok
