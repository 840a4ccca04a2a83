// A check for programmer errors: prints the message with its place and aborts. Never for what input can cause.
#pragma once

namespace hanok {
[[noreturn]] void check_failed(const char* expression, const char* message, const char* file, int line);
}

#define HANOK_CHECK(condition, message) \
  ((condition) ? void(0) : ::hanok::check_failed(#condition, message, __FILE__, __LINE__))
