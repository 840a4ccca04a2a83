// What begins with a slash in a chat: /help, /set, /system, /file, /clear, /save, /save!, /load, /bye.
#pragma once

#include <string>

#include "app/chat.h"

namespace hanok {

enum class ChatOutcome { kStay, kLeave };

// Whether a message is meant as a command: one line that begins with a slash and a word of letters. "/etc/hosts" is
// not.
bool is_chat_command(const std::string& message);

// Errors: an unknown command, with the nearest one; an argument that is missing or wrong. The chat is then as it was.
Result<ChatOutcome> run_chat_command(const std::string& message, Chat& chat);

}  // namespace hanok
