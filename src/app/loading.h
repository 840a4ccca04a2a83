// Loading a model with its progress shown.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/embedder.h"
#include "engine/engine.h"

namespace hanok {

// Engine::load with the user's cache of packed weights, and with a progress line on standard error where that is a
// terminal.
Result<std::unique_ptr<Engine>> load_engine(const std::filesystem::path& path, const EngineOptions& given);
// Embedder::load, likewise.
Result<std::unique_ptr<Embedder>> load_embedder(const std::filesystem::path& path, const EmbedderOptions& given);

}  // namespace hanok
