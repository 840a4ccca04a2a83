#include "search/indexer.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include <fmt/format.h>

#include "base/locale.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "documents/bytes.h"

namespace hanok {
namespace fs = std::filesystem;

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr size_t kTextsAtOnce = 32;  // that are embedded between two looks at going_on
constexpr auto kStoreEvery = std::chrono::seconds(20);

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Seconds since 1970 of "2026-11-24T02:30:00Z"; nothing for what is no such time.
std::optional<int64_t> seconds_of(const std::string& iso) {
  std::tm parts{};
  const char* end = ::strptime(iso.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr) return std::nullopt;
  return static_cast<int64_t>(::timegm(&parts));
}

// The document's title, or its first heading.
std::string title_of(const ReadDocument& document) {
  std::string title(trim(document.metadata.title));
  for (const DocumentBlock& block : document.blocks)
    if (title.empty() && block.kind == BlockKind::kHeading) title = std::string(trim(block.text));
  std::replace(title.begin(), title.end(), '\n', ' ');
  return title;
}

}  // namespace

Result<Indexer> Indexer::open(CollectionWriter& writer, IndexOptions options) {
  IndexManifest& manifest = writer.manifest();
  if (options.vectors != nullptr && manifest.dim == 0) {
    manifest.embedder = options.vectors->id;
    manifest.dim = options.vectors->dim;
    writer.mark_changed();
  }
  if (options.vectors != nullptr && manifest.embedder != options.vectors->id) {
    return fail(ErrorKind::kInvalidInput,
                in_language("이 모음의 벡터는 다른 모델의 것입니다", "this collection's vectors are another model's"),
                "", manifest.embedder, options.vectors->id,
                in_language("새 모음을 만들거나 그 모델을 쓰세요", "make a new collection, or use that model"));
  }
  return Indexer(writer, std::move(options));
}

Indexer::KnownFiles Indexer::known_files(const std::string& below, bool live_ones) const {
  KnownFiles known;
  const Snapshot& snapshot = writer_.snapshot();
  for (size_t s = 0; s < snapshot.segments.size(); ++s) {
    const LiveSegment& live = snapshot.segments[s];
    for (uint32_t d = 0; d < live.segment->n_documents(); ++d) {
      if (live.is_document_live[d] != live_ones) continue;
      DocumentEntry entry = live.segment->document(d);
      std::string path = document_path(snapshot.manifest, entry);
      if (is_at_or_below(path, below)) known.insert_or_assign(std::move(path), Known{s, d, std::move(entry)});
    }
  }
  return known;
}

void Indexer::add_source(const std::string& path) {
  IndexManifest& manifest = writer_.manifest();
  manifest.sources.push_back({manifest.next_source_id++, path});
  writer_.mark_changed();
}

void Indexer::include(const fs::path& path) {
  IndexManifest& manifest = writer_.manifest();
  if (!manifest.is_excluded(path.string())) return;
  if (std::erase(manifest.exclusions, path.string()) > 0) writer_.mark_changed();
  if (manifest.is_excluded(path.string())) add_source(path.string());  // what it lies in stays excluded
}

Result<Indexer::State> Indexer::state_of(const FoundFile& file, const KnownFiles& known) {
  const auto found = known.find(file.path);
  if (found == known.end()) return State::kNew;
  const DocumentEntry& entry = found->second.entry;
  if (entry.n_bytes != file.n_bytes) return State::kChanged;
  if (notes_.may_read_better(file.path)) return State::kChanged;
  if (entry.mtime_ns == file.mtime_ns && is_settled(file, entry.indexed_ns)) return State::kUnchanged;
  HANOK_TRY(const auto hash, digest_of(file.path));
  return hash == entry.hash ? State::kUnchanged : State::kChanged;
}

bool Indexer::is_full() const {
  constexpr size_t kMostTextBytes = size_t{256} << 20;
  const size_t most = options_.vectors != nullptr ? options_.commit_chunks_embedded : options_.commit_chunks;
  return builder_ && (builder_->n_chunks() >= most || builder_->text_bytes() >= kMostTextBytes);
}

Result<std::array<uint8_t, 32>> Indexer::digest_of(const std::string& path) const {
  return digest_of_file(path, [this](uint64_t) { return going_on(); });
}

Result<ReadDocument> Indexer::read(const std::string& path) const {
  ReadOptions options;
  options.password = options_.password;
  options.cancel = options_.cancel;
  options.on_recognised = [&](int n_done, int n_pages) {
    tell({IndexProgress::Step::kRecognising, 0, 0, static_cast<uint64_t>(n_done), static_cast<uint64_t>(n_pages), 0,
          path});
  };
  return read_document(fs::path(path), options);
}

// What the reader says of the file beside its text is reported, and noted for the next run.
Result<ReadDocument> Indexer::read_noting(const FoundFile& file, int64_t read_ns, IndexReport& report) {
  auto document = read(file.path);
  bool is_noted = false;
  if (!document) {
    is_noted = notes_.note_refusal(file, read_ns, document.error());
  } else if (document->warnings.empty()) {
    is_noted = notes_.forget(file.path);
  } else {
    notes_.note_warnings(file);
    is_noted = true;
    report.warned.push_back({file.path, document->warnings});
  }
  if (is_noted) writer_.mark_changed();
  return document;
}

// Reads a new or changed file into the builder. Errors: why it cannot be read.
Status Indexer::take(const FoundFile& file, const KnownFiles& known, IndexReport& report) {
  if (auto refusal = notes_.refusal(file)) return tl::unexpected(std::move(*refusal));
  HANOK_TRY(const State state, state_of(file, known));
  if (state == State::kUnchanged) {
    ++report.n_unchanged;
    return {};
  }
  DocumentEntry entry;
  entry.indexed_ns = now_ns();
  HANOK_TRY(const ReadDocument document, read_noting(file, entry.indexed_ns, report));
  HANOK_TRY(entry.hash, digest_of(file.path));
  HANOK_TRY(const FoundFile after, look_at_file(file.path));
  if (after.n_bytes != file.n_bytes || after.mtime_ns != file.mtime_ns) {
    return fail(ErrorKind::kIo, in_language("읽는 동안 바뀌었습니다", "it changed while it was read"), file.path, "",
                "", in_language("다시 하면 읽습니다", "the next run reads it"));
  }
  const IndexSource& from = *writer_.manifest().source_of(file.path);
  entry.source = from.id;
  entry.path = file.path == from.path ? "" : fs::path(file.path).lexically_relative(from.path).string();
  entry.title = title_of(document);
  entry.format = document.format;
  entry.n_bytes = file.n_bytes;
  entry.mtime_ns = file.mtime_ns;
  entry.date_s = seconds_of(document.metadata.modified)
                     .value_or(seconds_of(document.metadata.created).value_or(file.mtime_ns / kSecond));
  if (!builder_) builder_.emplace();
  builder_->add(std::move(entry), chunk_document(document, options_.chunks));
  if (state == State::kChanged) replaced_.push_back(file.path);
  ++(state == State::kNew ? waiting_.n_added : waiting_.n_changed);
  return {};
}

// Adds the bytes and what was stored before.
void Indexer::tell(IndexProgress progress) const {
  if (!options_.on_progress) return;
  const bool is_part = progress.step == IndexProgress::Step::kEmbedding && progress.part_total > 0;
  const double share = is_part ? static_cast<double>(progress.part_done) / static_cast<double>(progress.part_total) : 0;
  progress.done = n_done_bytes_ + static_cast<uint64_t>(share * static_cast<double>(n_waiting_bytes_));
  progress.total = n_total_bytes_;
  progress.n_chunks += n_stored_chunks_;
  options_.on_progress(progress);
}

Status Indexer::embed(SegmentBuilder& builder) {
  if (options_.vectors == nullptr) return {};
  for (const LiveSegment& live : writer_.snapshot().segments)
    HANOK_RETURN_IF_ERROR(builder.take_vectors(*live.segment, options_.vectors->dim));
  const std::vector<size_t> idxs = builder.without_vectors(options_.vectors->dim);
  for (size_t first = 0; first < idxs.size(); first += kTextsAtOnce) {
    const size_t n = std::min(kTextsAtOnce, idxs.size() - first);
    std::vector<std::string> texts;
    for (size_t i = first; i < first + n; ++i) texts.push_back(builder.text_to_embed(idxs[i]));
    HANOK_TRY(const std::vector<float> vectors, options_.vectors->make(texts, TextRole::kPassage));
    for (size_t i = 0; i < n; ++i)
      builder.set_vector(idxs[first + i], std::span(vectors).subspan(i * options_.vectors->dim, options_.vectors->dim));
    const size_t n_left = idxs.size() - first - n;
    tell({IndexProgress::Step::kEmbedding, 0, 0, first + n, idxs.size(), builder.n_chunks() - n_left, ""});
    if (!going_on()) return fail(ErrorKind::kInterrupted, in_language("멈췄습니다", "stopped"));
  }
  return {};
}

// The same, but an interruption is kept for later: passages without vectors are stored as they are, and tidy() makes up
// for them in the next run.
Status Indexer::embed_meanwhile(SegmentBuilder& builder, Status& stopped) {
  Status done = embed(builder);
  if (done || done.error().kind != ErrorKind::kInterrupted) return done;
  stopped = std::move(done);
  return {};
}

// Stores what was read; only then the report counts it.
Status Indexer::store(IndexReport& report) {
  Status stopped;
  if (builder_) HANOK_RETURN_IF_ERROR(embed_meanwhile(*builder_, stopped));
  if (!replaced_.empty()) {
    std::sort(replaced_.begin(), replaced_.end());
    for (const auto& [path, known] : known_files("/"))
      if (std::binary_search(replaced_.begin(), replaced_.end(), path))
        writer_.remove_document(known.segment_idx, known.document_idx);
  }
  const uint64_t n_chunks = builder_ ? builder_->n_chunks() : 0;
  HANOK_RETURN_IF_ERROR(writer_.commit(builder_ ? &*builder_ : nullptr));
  report.n_added += waiting_.n_added;
  report.n_changed += waiting_.n_changed;
  report.n_removed += waiting_.n_removed;
  report.n_chunks += n_chunks;
  n_stored_chunks_ += n_chunks;
  n_done_bytes_ += n_waiting_bytes_;
  n_waiting_bytes_ = 0;
  waiting_ = {};
  builder_.reset();
  replaced_.clear();
  if (!stopped) return stopped;
  return writer_.compact(options_.dead_share, [this](SegmentBuilder& builder) { return embed(builder); });
}

Status Indexer::take_all(const std::vector<FoundFile>& files, const KnownFiles& known, IndexReport& report) {
  n_done_bytes_ = n_waiting_bytes_ = n_total_bytes_ = 0;
  for (const FoundFile& file : files) n_total_bytes_ += file.n_bytes;
  auto stored_at = std::chrono::steady_clock::now();
  for (const FoundFile& file : files) {
    if (!going_on()) return fail(ErrorKind::kInterrupted, in_language("멈췄습니다", "stopped"), file.path);
    const uint64_t n_taken = waiting_.n_added + waiting_.n_changed;
    if (Status taken = take(file, known, report); !taken) {
      if (taken.error().kind == ErrorKind::kInterrupted) return taken;
      report.skipped.push_back({file.path, taken.error(), known.contains(file.path)});
    }
    const bool has_vectors = options_.vectors != nullptr;
    const bool waits = has_vectors && waiting_.n_added + waiting_.n_changed > n_taken;
    (waits ? n_waiting_bytes_ : n_done_bytes_) += file.n_bytes;
    const uint64_t n_chunks = builder_ && !has_vectors ? builder_->n_chunks() : 0;
    tell({IndexProgress::Step::kReading, 0, 0, 0, 0, n_chunks, file.path});
    if (!is_full() && std::chrono::steady_clock::now() - stored_at < kStoreEvery) continue;
    HANOK_RETURN_IF_ERROR(store(report));
    stored_at = std::chrono::steady_clock::now();
  }
  return {};
}

// Of what is known at or below the path, what the walk did not find; what lies where it could not look stays.
void Indexer::remove_gone(const std::string& path, const KnownFiles& known, WalkedFiles& walked) {
  const auto is_there = [&](const std::string& file) {
    const auto at = std::lower_bound(walked.files.begin(), walked.files.end(), file,
                                     [](const FoundFile& f, const std::string& p) { return f.path < p; });
    return at != walked.files.end() && at->path == file;
  };
  const auto unseen_part = [&](const std::string& file) {
    return std::find_if(walked.skipped.begin(), walked.skipped.end(), [&](const SkippedFile& skipped) {
      return skipped.reason.kind == ErrorKind::kIo && is_at_or_below(file, skipped.path);
    });
  };
  const size_t n_forgotten = std::erase_if(writer_.manifest().notes, [&](const auto& note) {
    return is_at_or_below(note.first, path) && !is_there(note.first) && unseen_part(note.first) == walked.skipped.end();
  });
  if (n_forgotten > 0) writer_.mark_changed();
  for (const auto& [file, entry] : known) {
    if (is_there(file)) continue;
    if (const auto unseen = unseen_part(file); unseen != walked.skipped.end()) {
      unseen->is_stale = true;
      continue;
    }
    writer_.remove_document(entry.segment_idx, entry.document_idx);
    ++waiting_.n_removed;
  }
}

// Whether the path is a file that was deleted: its folder is there.
bool Indexer::is_deleted_file(const std::string& path, const KnownFiles& known) const {
  std::error_code error;
  return known.contains(path) && fs::is_directory(fs::path(path).parent_path(), error);
}

Status Indexer::update(const fs::path& path, IndexReport& report) {
  const KnownFiles known = known_files(path.string());
  auto found = walk_files(path, [this] { return going_on(); });
  if (!found && !(found.error().kind == ErrorKind::kNotFound && is_deleted_file(path.string(), known)))
    return fail(found.error());
  WalkedFiles walked = found ? std::move(*found) : WalkedFiles();
  const IndexManifest& manifest = writer_.manifest();
  if (manifest.source_of(path.string()) == nullptr) add_source(path.string());
  std::erase_if(walked.files, [&](const FoundFile& file) { return manifest.is_excluded(file.path); });
  std::erase_if(walked.skipped, [&](const SkippedFile& skipped) { return manifest.is_excluded(skipped.path); });
  remove_gone(path.string(), known, walked);
  std::move(walked.skipped.begin(), walked.skipped.end(), std::back_inserter(report.skipped));
  Status done = take_all(walked.files, known, report);
  if (!done) {  // what was read since is not stored: the next run reads it again
    builder_.reset();
    replaced_.clear();
    waiting_ = {};
    return done;
  }
  return store(report);
}

Result<uint64_t> Indexer::remove(const fs::path& path) {
  const KnownFiles known = known_files(path.string());
  std::vector<IndexSource>& sources = writer_.manifest().sources;
  const size_t n_sources = sources.size();
  std::erase_if(sources, [&](const IndexSource& source) { return is_at_or_below(source.path, path.string()); });
  for (const auto& [file, entry] : known) writer_.remove_document(entry.segment_idx, entry.document_idx);
  const size_t n_notes = std::erase_if(writer_.manifest().notes,
                                       [&](const auto& note) { return is_at_or_below(note.first, path.string()); });
  const bool was_there =
      !known.empty() || n_notes > 0 || sources.size() != n_sources || !known_files(path.string(), false).empty();
  if (was_there) exclude(path.string());
  writer_.rewrite_removed();
  HANOK_RETURN_IF_ERROR(writer_.compact(options_.dead_share));
  if (!was_there) {
    return fail(ErrorKind::kNotFound, in_language("모음에 없습니다", "not in the collection"), path.string(), "", "",
                in_language("'hanok index list 모음'으로 봅니다", "see 'hanok index list COLLECTION'"));
  }
  return known.size();
}

// What no source holds any more needs no exclusion.
void Indexer::exclude(const std::string& path) {
  IndexManifest& manifest = writer_.manifest();
  std::erase_if(manifest.exclusions, [&](const std::string& excluded) {
    return is_at_or_below(excluded, path) || manifest.source_of(excluded) == nullptr;
  });
  if (manifest.source_of(path) != nullptr && !manifest.is_excluded(path)) manifest.exclusions.push_back(path);
  writer_.mark_changed();
}

Status Indexer::compact() {
  writer_.rewrite_removed();
  return tidy();
}

Status Indexer::tidy() {
  n_done_bytes_ = n_total_bytes_ = 0;
  const uint32_t dim = options_.vectors != nullptr ? options_.vectors->dim : 0;
  for (size_t i = 0; dim > 0 && i < writer_.snapshot().segments.size();) {
    const LiveSegment& live = writer_.snapshot().segments[i];
    bool lacks_vectors = false;
    for (uint32_t c = 0; c < live.segment->n_chunks() && !lacks_vectors; ++c)
      lacks_vectors = live.live(c) && (live.segment->dim() != dim || live.segment->vector_scale(c) == 0);
    if (!lacks_vectors) {
      ++i;
      continue;
    }
    Status stopped;
    HANOK_RETURN_IF_ERROR(
        writer_.merge({i}, [&](SegmentBuilder& builder) { return embed_meanwhile(builder, stopped); }));
    if (!stopped) return stopped;
  }
  HANOK_RETURN_IF_ERROR(
      writer_.compact(options_.dead_share, [this](SegmentBuilder& builder) { return embed(builder); }));
  return build_graphs();
}

Status Indexer::build_graphs() {
  GraphOptions options;
  options.least_vectors = options_.least_graph_vectors;
  options.n_threads = options_.n_threads;
  options.step = [this](uint64_t n_done, uint64_t n_total) {
    tell({IndexProgress::Step::kGraph, 0, 0, n_done, n_total, 0, ""});
    return going_on();
  };
  return writer_.build_graphs(options);
}

}  // namespace hanok
