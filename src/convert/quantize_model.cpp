#include "convert/quantize_model.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include <fmt/format.h>

#include "base/locale.h"
#include "convert/gguf_plan.h"
#include "convert/quantize_row.h"
#include "formats/gguf_writer.h"
#include "kernels/dequantize.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBatchBytes = size_t{16} << 20;  // of output, between two writes
constexpr int64_t kChunkElems = 1 << 16;          // of work taken by a thread at a time

// A planned tensor with the type it takes. Vectors whose elements are reordered are worked on as a column.
struct Job {
  const PlannedTensor* tensor;
  DType to;
  int64_t n_rows, n_cols;

  bool is_copy() const {
    return to == tensor->source.dtype && tensor->row_order.empty() && tensor->factor == 1 && tensor->added == 0;
  }
  const std::byte* source_row(int64_t row_idx) const {
    const int64_t from = tensor->row_order.empty() ? row_idx : tensor->row_order[static_cast<size_t>(row_idx)];
    return tensor->source.data + static_cast<size_t>(from) * row_bytes(tensor->source.dtype, n_cols);
  }
};

Job make_job(const PlannedTensor& tensor, const FileType& type, const MixFacts& facts) {
  const TensorView& source = tensor.source;
  const auto chosen = tensor_type(type, facts, tensor.name, source.shape);
  const bool is_float = !is_quantized(source.dtype);
  Job job{&tensor, chosen.value_or(is_float ? DType::kF32 : source.dtype), source.shape.n_rows(),
          source.shape.n_cols()};
  if (source.shape.rank == 1 && !tensor.row_order.empty()) std::swap(job.n_rows, job.n_cols);
  return job;
}

struct Distortion {
  double error = 0, weights = 0;
};

bool all_finite(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

// The rows [first, first + n_rows) of a job; false where a value is not finite before or after.
bool quantize_rows(const Job& job, int64_t first, int64_t n_rows, std::byte* out, Distortion& distortion) {
  const auto n_cols = static_cast<size_t>(job.n_cols);
  std::vector<float> values(n_cols), decoded(n_cols);
  for (int64_t i = 0; i < n_rows; ++i, out += row_bytes(job.to, job.n_cols)) {
    dequantize_row(job.tensor->source.dtype, job.source_row(first + i), job.n_cols, values.data());
    for (float& value : values) value = job.tensor->factor * (value + job.tensor->added);
    if (!all_finite(values)) return false;
    quantize_row(job.to, values.data(), job.n_cols, out);
    dequantize_row(job.to, out, job.n_cols, decoded.data());
    if (!all_finite(decoded)) return false;
    for (size_t j = 0; j < n_cols; ++j) {
      const double weight = static_cast<double>(values[j]), error = static_cast<double>(decoded[j]) - weight;
      distortion.error += error * error;
      distortion.weights += weight * weight;
    }
  }
  return true;
}

class Quantizer {
 public:
  Quantizer(const Checkpoint& checkpoint, const ExecContext& ctx, const QuantizeOptions& options, GgufWriter writer)
      : checkpoint_(checkpoint), ctx_(ctx), options_(options), writer_(std::move(writer)) {}

  Result<QuantizeReport> run(const std::vector<Job>& jobs) {
    QuantizeReport report;
    for (const Job& job : jobs) {
      auto tensor = job.is_copy() ? copy(job) : quantize(job);
      if (!tensor) return tl::unexpected(std::move(tensor.error()));
      report.tensors.push_back(std::move(*tensor));
    }
    HANOK_RETURN_IF_ERROR(writer_.finish());
    report.file_bytes = writer_.file_bytes();
    return report;
  }

 private:
  QuantizedTensor result_of(const Job& job) const {
    const uint64_t to_bytes = row_bytes(job.to, job.n_cols) * static_cast<uint64_t>(job.n_rows);
    const TensorView& source = job.tensor->source;
    return {job.tensor->name, source.shape, source.dtype, job.to, source.n_bytes(), to_bytes, 0};
  }

  Status go_on(const Job& job) const {
    if (!options_.progress || options_.progress(writer_.written_bytes(), writer_.file_bytes(), job.tensor->name))
      return {};
    return fail(ErrorKind::kInterrupted, in_language("멈췄습니다", "stopped"), job.tensor->name, "", "",
                in_language("남긴 것은 없습니다", "nothing was left behind"));
  }

  // The rows' pages of the source, so that no more than a batch is in memory.
  void let_go(const Job& job, int64_t first, int64_t n_rows) const {
    if (job.tensor->computed != nullptr) return;
    if (job.tensor->row_order.empty()) {
      const size_t n_bytes = row_bytes(job.tensor->source.dtype, job.n_cols) * static_cast<size_t>(n_rows);
      checkpoint_.release({job.source_row(first), n_bytes});
    } else {
      checkpoint_.release({job.tensor->source.data, job.tensor->source.n_bytes()});
    }
  }

  Result<QuantizedTensor> copy(const Job& job) {
    const auto bytes = std::span(job.tensor->source.data, job.tensor->source.n_bytes());
    for (size_t at = 0; at < bytes.size(); at += kBatchBytes)
      HANOK_RETURN_IF_ERROR(writer_.write(bytes.subspan(at, std::min(kBatchBytes, bytes.size() - at))));
    let_go(job, 0, job.n_rows);
    HANOK_RETURN_IF_ERROR(go_on(job));
    return result_of(job);
  }

  Result<QuantizedTensor> quantize(const Job& job) {
    const size_t out_row_bytes = row_bytes(job.to, job.n_cols);
    const int64_t batch_rows = std::max<int64_t>(1, static_cast<int64_t>(kBatchBytes / out_row_bytes));
    Distortion total;
    for (int64_t first = 0; first < job.n_rows; first += batch_rows) {
      const int64_t n_rows = std::min(batch_rows, job.n_rows - first);
      batch_.resize(static_cast<size_t>(n_rows) * out_row_bytes);
      HANOK_RETURN_IF_ERROR(quantize_batch(job, first, n_rows, total));
      HANOK_RETURN_IF_ERROR(writer_.write(batch_));
      let_go(job, first, n_rows);
      HANOK_RETURN_IF_ERROR(go_on(job));
    }
    QuantizedTensor result = result_of(job);
    result.distortion = total.weights > 0 ? std::sqrt(total.error / total.weights) : 0;
    return result;
  }

  // Sums are kept per chunk and added in order, so that the report does not depend on the threads.
  Status quantize_batch(const Job& job, int64_t first, int64_t n_rows, Distortion& total) {
    const int64_t chunk_rows = std::max<int64_t>(1, kChunkElems / job.n_cols);
    const int64_t n_chunks = (n_rows + chunk_rows - 1) / chunk_rows;
    std::vector<Distortion> parts(static_cast<size_t>(n_chunks));
    std::atomic<bool> is_finite{true};
    ctx_.pool.run(n_chunks, [&](int64_t chunk, int) {
      const int64_t begin = chunk * chunk_rows;
      std::byte* out = batch_.data() + static_cast<size_t>(begin) * row_bytes(job.to, job.n_cols);
      if (!quantize_rows(job, first + begin, std::min(chunk_rows, n_rows - begin), out,
                         parts[static_cast<size_t>(chunk)]))
        is_finite = false;
    });
    if (!is_finite) {
      return fail(ErrorKind::kCorruptFile, "weight is not a finite number, or too large for the type",
                  fmt::format("{}, rows {} to {}", job.tensor->source_name, first, first + n_rows - 1),
                  fmt::format("finite values within {}'s range", dtype_name(job.to)), "NaN, infinity or overflow",
                  "fetch the model again; if it stays, the published file is damaged");
    }
    for (const Distortion& part : parts) total.error += part.error, total.weights += part.weights;
    return {};
  }

  const Checkpoint& checkpoint_;
  const ExecContext& ctx_;
  const QuantizeOptions& options_;
  GgufWriter writer_;
  std::vector<std::byte> batch_;
};

Status check_destination(const Checkpoint& checkpoint, const fs::path& out, bool overwrite) {
  std::error_code ignored;
  for (const MappedFile* file : checkpoint.weight_files()) {
    if (fs::equivalent(file->path(), out, ignored))
      return fail(ErrorKind::kRefused,
                  in_language("새 파일이 바탕이 되는 모델을 덮어쓰게 됩니다",
                              "the new file would replace the model it is made from"),
                  out.string(), in_language("다른 경로", "another path"),
                  in_language("모델 자신의 파일", "the model's own file"));
  }
  if (fs::is_directory(out, ignored))
    return fail(ErrorKind::kInvalidInput, in_language("파일 이름이 아닙니다", "not a file name"), out.string(),
                in_language("새 파일의 경로", "the path of the new file"), in_language("폴더", "a folder"));
  if (fs::exists(out, ignored) && !fs::is_regular_file(out, ignored))
    return fail(ErrorKind::kInvalidInput, in_language("파일 이름이 아닙니다", "not a file name"), out.string(),
                in_language("새 파일의 경로", "the path of the new file"),
                in_language("장치나 파이프", "a device or pipe"));
  if (!overwrite && fs::exists(out, ignored))
    return fail(
        ErrorKind::kRefused, in_language("이미 있는 파일입니다", "the file exists already"), out.string(),
        in_language("비어 있는 경로", "a path that is free"), in_language("파일", "a file"),
        in_language("다른 경로를 고르거나 --force로 갈아 쓰세요", "choose another path, or --force to replace it"));
  return {};
}

int64_t key_or(const GgufMetadata& metadata, const std::string& key, int64_t otherwise) {
  const auto it = metadata.find(key);
  if (it == metadata.end()) return otherwise;
  const auto* number = std::get_if<uint64_t>(&it->second.value);
  return number != nullptr ? static_cast<int64_t>(*number) : otherwise;
}

MixFacts mix_facts(const GgufPlan& plan) {
  MixFacts facts;
  const auto it = plan.metadata.find("general.architecture");
  if (it != plan.metadata.end())
    if (const auto* name = std::get_if<std::string>(&it->second.value)) facts.architecture = *name;
  facts.n_layers = key_or(plan.metadata, facts.architecture + ".block_count", 0);
  facts.n_heads = key_or(plan.metadata, facts.architecture + ".attention.head_count", 0);
  facts.n_kv_heads = key_or(plan.metadata, facts.architecture + ".attention.head_count_kv", facts.n_heads);
  facts.tied = std::none_of(plan.tensors.begin(), plan.tensors.end(),
                            [](const PlannedTensor& tensor) { return tensor.name == "output.weight"; });
  return facts;
}

// Types other than Q8_0 have lost too much to be a source without a word.
bool loses_twice(const Job& job) {
  const DType from = job.tensor->source.dtype;
  return !job.is_copy() && is_quantized(from) && from != DType::kQ8_0;
}

}  // namespace

Result<QuantizeReport> quantize_model(const Checkpoint& checkpoint, const fs::path& out, const ExecContext& ctx,
                                      const QuantizeOptions& options) {
  HANOK_RETURN_IF_ERROR(check_destination(checkpoint, out, options.overwrite));
  HANOK_TRY(GgufPlan plan, checkpoint.is_gguf() ? plan_from_gguf(checkpoint, ctx)
                                                : plan_from_folder(checkpoint, ctx, options.with_tokenizer));
  plan.metadata["general.file_type"] = gguf_u32(options.type->gguf_id);
  plan.metadata["general.quantization_version"] = gguf_u32(2);
  const MixFacts facts = mix_facts(plan);
  std::vector<Job> jobs;
  std::vector<GgufTensorInfo> infos;
  for (const PlannedTensor& tensor : plan.tensors) {
    jobs.push_back(make_job(tensor, *options.type, facts));
    infos.push_back({tensor.name, jobs.back().to, tensor.source.shape});
  }
  HANOK_TRY(GgufWriter writer, GgufWriter::create(out, plan.metadata, std::move(infos)));
  HANOK_TRY(QuantizeReport report, Quantizer(checkpoint, ctx, options, std::move(writer)).run(jobs));
  report.notes = std::move(plan.notes);
  if (std::any_of(jobs.begin(), jobs.end(), loses_twice))
    report.notes.emplace_back(
        in_language("원본이 이미 양자화된 파일이라 손실이 겹칩니다. 할 수 있으면 원래 가중치에서 만드십시오",
                    "the source is quantised already and now loses a second time; where you can, make the file from "
                    "the original weights"));
  return report;
}

}  // namespace hanok
