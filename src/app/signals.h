// Signals the program lives with: Ctrl-C asks a command to stop, a reader that went away ends it quietly.
#pragma once

#include <atomic>

namespace hanok {

// From here on SIGINT and SIGTERM set the flag that is returned; a second one ends the program at once.
const std::atomic<bool>* catch_interrupt();

// When the reader of standard output goes away (`hanok list | head -1`), the program ends with kExitBrokenPipe and
// without a word. Broken connections of the network stay errors of their own.
void end_quietly_on_broken_pipe();

}  // namespace hanok
