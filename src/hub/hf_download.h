// One file from a Hugging Face server, resumed where it was cut.
#pragma once

#include <string>
#include <vector>

#include "hub/http.h"
#include "hub/huggingface.h"

namespace hanok {

inline constexpr long kHfFirstByteMs = 5000;  // a publisher that does not answer must not hold a pull up

// The headers every request carries; the token from HF_TOKEN (or HUGGING_FACE_HUB_TOKEN, or
// ~/.cache/huggingface/token).
std::vector<std::string> hf_headers();

std::string hf_file_url(const HfSource& source, const std::string& revision, const std::string& file);

// Nothing for 2xx, else what the status means: kRefused, kNotFound or kNetwork.
Status hf_status(long status, const std::string& where);

}  // namespace hanok
