// The command line `hanok`.
#pragma once

namespace hanok {

// Parses the arguments, runs one command and returns the exit code.
int app_main(int argc, char** argv);

}  // namespace hanok
