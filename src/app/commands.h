// The commands of the program: each adds itself to the parser and sets `exit_code` when it has run.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace hanok {

void add_run(CLI::App& app, int& exit_code);
void add_tokenize(CLI::App& app, int& exit_code);
void add_models(CLI::App& app, int& exit_code);  // pull, list, rm
void add_show(CLI::App& app, int& exit_code);
void add_cache(CLI::App& app, int& exit_code);
void add_perplexity(CLI::App& app, int& exit_code);
void add_bench(CLI::App& app, int& exit_code);
void add_quantize(CLI::App& app, int& exit_code);
void add_embed(CLI::App& app, int& exit_code);
void add_read(CLI::App& app, int& exit_code);
void add_index(CLI::App& app, int& exit_code);
void add_search(CLI::App& app, int& exit_code);

}  // namespace hanok
