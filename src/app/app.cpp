#include "app/app.h"

#include <clocale>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/report.h"

namespace hanok {

int app_main(int argc, char** argv) {
  if (std::setlocale(LC_ALL, "C.UTF-8") == nullptr) std::setlocale(LC_ALL, "");
  CLI::App app(in_language("한국의 공개 언어 모델을 CPU에서 돌립니다", "Runs Korea's open language models on the CPU"),
               "hanok");
  app.set_version_flag("--version", "hanok 0.1.0");
  app.require_subcommand(1);
  int exit_code = 0;
  add_run(app, exit_code);
  add_tokenize(app, exit_code);
  add_models(app, exit_code);
  add_show(app, exit_code);
  add_cache(app, exit_code);
  add_perplexity(app, exit_code);
  add_bench(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}

}  // namespace hanok
