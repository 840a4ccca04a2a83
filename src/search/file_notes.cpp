#include "search/file_notes.h"

#include "base/locale.h"
#include "documents/helpers.h"
#include "search/bytes_io.h"

namespace hanok {
namespace {

// Whether the reason lies in the file: not in rights, in a password, in want of memory or of time.
bool is_of_the_file(ErrorKind kind) {
  return kind == ErrorKind::kUnsupported || kind == ErrorKind::kCorruptFile || kind == ErrorKind::kProtected ||
         kind == ErrorKind::kInvalidInput;
}

}  // namespace

// A refusal's reason is in one language.
uint64_t FileNotes::reader(bool is_refusal) {
  if (!helpers_) helpers_ = helpers_found(cancel_);
  const char* language = is_refusal ? in_language("ko", "en") : "";
  return checksum_of(version_ + "\n" + *helpers_ + "\n" + language);
}

std::optional<Error> FileNotes::refusal(const FoundFile& file) {
  const auto found = manifest_.notes.find(file.path);
  if (found == manifest_.notes.end() || found->second.refusal == 0) return std::nullopt;
  const FileNote& note = found->second;
  if (note.n_bytes != file.n_bytes || note.mtime_ns != file.mtime_ns || note.reader != reader(true))
    return std::nullopt;
  return Error{static_cast<ErrorKind>(note.refusal - 1), note.what, file.path, "", note.got, note.hint};
}

bool FileNotes::may_read_better(const std::string& path) {
  const auto found = manifest_.notes.find(path);
  return found != manifest_.notes.end() && found->second.refusal == 0 && found->second.reader != reader(false);
}

bool FileNotes::note_refusal(const FoundFile& file, int64_t read_ns, const Error& reason) {
  if (!is_of_the_file(reason.kind) || !is_settled(file, read_ns)) return forget(file.path);
  const auto refusal = static_cast<uint8_t>(static_cast<int>(reason.kind) + 1);
  FileNote note{file.n_bytes, file.mtime_ns, reader(true), refusal, reason.what, reason.got, reason.hint};
  manifest_.notes.insert_or_assign(file.path, std::move(note));
  return true;
}

void FileNotes::note_warnings(const FoundFile& file) {
  manifest_.notes.insert_or_assign(file.path, FileNote{file.n_bytes, file.mtime_ns, reader(false), 0, "", "", ""});
}

}  // namespace hanok
